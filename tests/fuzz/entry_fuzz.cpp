// Any bytes as a cache file, as an entry, as either with a right checksum, and as a launch record:
// they are read, or rejected with Error{corrupt_data}.
#include <cstdlib>
#include <span>

#include "runtime/cache/entry_file.h"
#include "runtime/format/entry.h"
#include "tegula/error.h"

namespace {

using namespace tegula;

constexpr std::size_t header_bytes = 24;  // magic, version, checksum, of entries and cache files

template <class F>
void expect_clean_rejection(F&& read) {
  try {
    read();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::corrupt_data) std::abort();
  }
}

/// What is read must be written and read again to the same bytes.
void read_entry_twice(std::span<const std::byte> bytes) {
  expect_clean_rejection([&] {
    const format::Bytes again = serialise(format::read_entry(bytes));
    if (serialise(format::read_entry(again)) != again) std::abort();
  });
}

/// A cache file, too, and what a cache does with it: the key as text, and the entry inside.
void read_cache_file_twice(std::span<const std::byte> bytes) {
  expect_clean_rejection([&] {
    const cache::EntryFile file = cache::unseal(bytes);
    const format::Bytes again = cache::seal(file.key, file.entry);
    const cache::EntryFile copy = cache::unseal(again);
    if (copy.key.identity != file.key.identity || copy.key.facts != file.key.facts ||
        copy.entry != file.entry)
      std::abort();
    if (!cache::is_name(cache::name_of(file.key.identity))) std::abort();
    cache::manifest_line(file.key);
    read_entry_twice(file.entry);
  });
}

/// `bytes` with the magic number and version of `model`, and the checksum that its body wants.
format::Bytes with_right_header(std::span<const std::byte> bytes,
                                std::span<const std::byte> model) {
  const auto body = bytes.subspan(header_bytes);
  const format::Hash128 checksum = format::hash128(body);
  format::Writer w;
  w.raw(model.first(8));
  w.put(checksum.low);
  w.put(checksum.high);
  w.raw(body);
  return w.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_entry_twice(bytes);
  read_cache_file_twice(bytes);
  if (size >= header_bytes) {
    const format::Bytes entry = serialise(format::Entry{});
    read_entry_twice(with_right_header(bytes, entry));
    read_cache_file_twice(with_right_header(bytes, cache::seal({}, entry)));
  }
  expect_clean_rejection([&] {
    format::Reader r(bytes, "launch record");
    format::read_launch_record(r);
    r.finish();
  });
  return 0;
}
