// Any bytes as an entry, as an entry whose checksum is right, and as a launch record: they are
// read, or rejected with Error{corrupt_data}.
#include <cstdlib>
#include <span>

#include "runtime/format/entry.h"
#include "tegula/error.h"

namespace {

using namespace tegula;

constexpr std::size_t header_bytes = 24;  // magic, version, checksum

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_entry_twice(bytes);
  if (size >= header_bytes) {
    const auto body = bytes.subspan(header_bytes);
    const format::Hash128 checksum = format::hash128(body);
    format::Writer w;
    w.raw(serialise(format::Entry{}));
    format::Bytes whole = w.take();
    whole.resize(8);  // the right magic and version
    format::Writer rest;
    rest.put(checksum.low);
    rest.put(checksum.high);
    rest.raw(body);
    whole.insert(whole.end(), rest.bytes().begin(), rest.bytes().end());
    read_entry_twice(whole);
  }
  expect_clean_rejection([&] {
    format::Reader r(bytes, "launch record");
    format::read_launch_record(r);
    r.finish();
  });
  return 0;
}
