#include "runtime/format/bytes.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include "tegula/error.h"

namespace tegula::format {

std::string Reader::get_string() {
  const auto size = get<std::uint32_t>();
  need(size);
  std::string text(reinterpret_cast<const char*>(bytes_.data() + at_), size);
  at_ += size;
  return text;
}

Bytes Reader::get_blob() {
  const auto size = get<std::uint64_t>();
  need(size);
  Bytes blob(bytes_.begin() + static_cast<std::ptrdiff_t>(at_),
             bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + size));
  at_ += size;
  return blob;
}

std::size_t Reader::get_count(std::size_t element_bytes) {
  const auto count = get<std::uint32_t>();
  if (element_bytes > 0 && count > remaining() / element_bytes)
    fail("a list is longer than the data");
  return count;
}

void Reader::finish() const {
  if (remaining() != 0) fail("there are bytes after the end");
}

void Reader::fail(std::string_view problem) const {
  throw Error(ErrorCode::corrupt_data,
              {.argument = what_, .problem = fmt::format("{} at byte {}", problem, at_)});
}

std::string Hash128::hex() const { return fmt::format("{:016x}{:016x}", high, low); }

Hash128 hash128(std::span<const std::byte> bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.low64, h.high64};
}

}  // namespace tegula::format
