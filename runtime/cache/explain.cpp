#include "runtime/cache/explain.h"

#include <algorithm>

#include "runtime/cache/maintenance.h"

namespace tegula::cache {
namespace {

std::string fact(const Key& key, const std::string& name) {
  for (const auto& [fact, value] : key.facts)
    if (fact == name) return value;
  return {};
}

std::string name_of(const Target& target) {
  return (target.backend == Target::Backend::sim ? "sim:" : "") + target.arch;
}

std::vector<Difference> differences(const Key& wanted, const Key& cached) {
  std::vector<Difference> result;
  const auto compare = [&](const std::string& name, const std::string& a, const std::string& b) {
    if (a != b) result.push_back({name, a, b});
  };
  for (const auto& [name, value] : wanted.facts) compare(name, value, fact(cached, name));
  for (const auto& [name, value] : cached.facts)
    if (std::ranges::none_of(wanted.facts, [&](const auto& f) { return f.first == name; }))
      compare(name, "", value);
  const Identity &a = wanted.identity, &b = cached.identity;
  compare("arch", name_of(a.target), name_of(b.target));
  compare("compiler", a.compiler, b.compiler);
  // Everything it was traced for is the same, and yet the Program differs.
  if (result.empty() && a.program != b.program)
    result.push_back({"program", "what the kernel's source gives now", "what it gave then"});
  return result;
}

}  // namespace

Explanation explain(const Key& wanted, const std::vector<std::unique_ptr<Directory>>& directories) {
  const std::string name = name_of(wanted.identity);
  Explanation nearest;
  for (const auto& directory : directories)
    for (const Listed& listed : examine(*directory)) {
      const std::string file = directory->path() + "/" + listed.name;
      if (listed.name == name) {
        if (listed.problem.empty()) return {Explanation::Outcome::hit, file, "", {}};
        nearest = {Explanation::Outcome::damaged, file, listed.problem, {}};
      }
      if (nearest.outcome == Explanation::Outcome::damaged || !listed.problem.empty() ||
          fact(listed.key, "kernel") != fact(wanted, "kernel"))
        continue;
      auto found = differences(wanted, listed.key);
      if (nearest.outcome == Explanation::Outcome::unknown ||
          found.size() < nearest.differences.size())
        nearest = {Explanation::Outcome::miss, file, "", std::move(found)};
    }
  return nearest;
}

}  // namespace tegula::cache
