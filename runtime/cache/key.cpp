#include "runtime/cache/key.h"

#include <algorithm>

#include "runtime/cache/build_identity.h"

namespace tegula::cache {
namespace {

void write(format::Writer& w, const Identity& identity) {
  w.put(identity.program.low);
  w.put(identity.program.high);
  w.put(identity.target.backend);
  w.put(identity.target.arch);
  w.put(identity.compiler);
}

Identity read_identity(format::Reader& r) {
  Identity identity;
  identity.program.low = r.get<std::uint64_t>();
  identity.program.high = r.get<std::uint64_t>();
  identity.target.backend = r.get_enum<Target::Backend>(2);
  identity.target.arch = r.get_string();
  identity.compiler = r.get_string();
  return identity;
}

}  // namespace

std::string name_of(const Identity& identity) {
  format::Writer w;
  write(w, identity);
  return format::hash128(w.bytes()).hex();
}

bool is_name(const std::string& name) {
  return name.size() == 32 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string manifest_line(const Key& key) {
  constexpr std::string_view config_prefix = "config.";
  std::string line, config;
  for (const auto& [name, value] : key.facts) {
    if (name == "kernel")
      line = value + line;
    else if (name.starts_with(config_prefix))
      config += (config.empty() ? "" : ",") + name.substr(config_prefix.size()) + ":" + value;
    else if (!value.empty())
      line += " " + name + "=" + value;
  }
  if (!config.empty()) line += " config=" + config;
  const bool simulated = key.identity.target.backend == Target::Backend::sim;
  return line + " arch=" + (simulated ? "sim:" : "") + key.identity.target.arch;
}

void write(format::Writer& w, const Key& key) {
  write(w, key.identity);
  w.list(key.facts, [&](const auto& fact) {
    w.put(fact.first);
    w.put(fact.second);
  });
}

Key read_key(format::Reader& r) {
  Key key;
  key.identity = read_identity(r);
  key.facts.resize(r.get_count(8));
  for (auto& [name, value] : key.facts) {
    name = r.get_string();
    value = r.get_string();
  }
  return key;
}

std::string compiler_identity() { return cache::build_identity(); }

}  // namespace tegula::cache
