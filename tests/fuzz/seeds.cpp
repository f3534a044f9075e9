#include "tests/fuzz/seeds.h"

#include <fmt/format.h>

#include <cstdint>

#include "runtime/cache/entry_file.h"
#include "tegula/error.h"
#include "tests/fuzz/seed_fields.h"

namespace tegula::fuzz {
namespace {

using format::Bytes;

struct CacheFile {
  cache::Key key;
  format::Entry entry;
};
template <class A>
void fields(A& a, CacheFile& f) {
  a("key", f.key)("entry", f.entry);
}

struct Damage {
  std::uint32_t at = 0, drop = 0;
  Bytes put;
};
template <class A>
void fields(A& a, Damage& d) {
  a("at", d.at)("drop", d.drop)("put", d.put);
}

Bytes bytes_of(const format::Image& image) { return serialise(image); }
Bytes bytes_of(const format::Entry& entry) { return serialise(entry); }
Bytes bytes_of(const program::Program& program) { return serialise(program); }
Bytes bytes_of(const CacheFile& file) { return cache::seal(file.key, serialise(file.entry)); }
Bytes bytes_of(const format::LaunchRecord& record) {
  format::Writer writer;
  write(writer, record);
  return writer.take();
}

template <class T>
Bytes assemble(Source& source) {
  T value;
  read_seed_text(source, value);
  return bytes_of(value);
}

Bytes damaged(Source& source, const Seeds& seeds) {
  const auto other = seeds.find(std::string(source.take()));
  if (other == seeds.end()) source.fail("there is no such seed before this one");
  Bytes bytes = other->second;
  std::vector<Damage> list;
  read_seed_text(source, list);
  for (auto d = list.rbegin(); d != list.rend(); ++d) {
    // A format that has become shorter: there is less to damage.
    const std::size_t at = std::min<std::size_t>(d->at, bytes.size());
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(d->drop, bytes.size() - at));
    bytes.insert(bytes.erase(begin, end), d->put.begin(), d->put.end());
  }
  return bytes;
}

}  // namespace

void add_seeds(std::string_view text, const std::string& file, Seeds& seeds) {
  Source source(text, file);
  while (!source.at_end()) {
    const std::string name(source.take());
    const std::string form(source.take());
    Bytes bytes;
    if (form == "image")
      bytes = assemble<format::Image>(source);
    else if (form == "entry")
      bytes = assemble<format::Entry>(source);
    else if (form == "cache_file")
      bytes = assemble<CacheFile>(source);
    else if (form == "launch_record")
      bytes = assemble<format::LaunchRecord>(source);
    else if (form == "program")
      bytes = assemble<program::Program>(source);
    else if (form == "like")
      bytes = damaged(source, seeds);
    else
      source.fail("'" + form + "' is no format");
    if (!seeds.emplace(name, std::move(bytes)).second) source.fail("there are two seeds " + name);
  }
}

std::string describe(const std::string& form, std::span<const std::byte> bytes) {
  const auto text = [&](const auto& value) { return form + " " + to_seed_text(value); };
  try {
    if (form == "image") return text(format::read_image(bytes));
    if (form == "entry") return text(format::read_entry(bytes));
    if (form == "program") return text(program::deserialise(bytes));
    if (form == "cache_file") {
      const cache::EntryFile file = cache::unseal(bytes);
      return text(CacheFile{file.key, format::read_entry(file.entry)});
    }
    if (form == "launch_record") {
      format::Reader reader(bytes, form);
      const format::LaunchRecord record = read_launch_record(reader);
      reader.finish();
      return text(record);
    }
  } catch (const Error&) {
  }
  return "";
}

}  // namespace tegula::fuzz
