// Canonical bytes: little endian, fixed widths, length-prefixed. Programs, entries and images are
// written, hashed and read back in this form only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tegula::format {

static_assert(std::endian::native == std::endian::little, "the formats are written natively");

using Bytes = std::vector<std::byte>;

class Writer {
 public:
  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void put(T value) {
    const auto* p = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), p, p + sizeof(T));
  }
  void put(bool value) { put<std::uint8_t>(value ? 1 : 0); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    raw(std::as_bytes(std::span(text)));
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const char* text) { put(std::string_view(text)); }
  void put(std::span<const std::byte> blob) {
    put(static_cast<std::uint64_t>(blob.size()));
    raw(blob);
  }
  /// A count, then each element through `each(element)`.
  template <class Range, class Each>
  void list(const Range& range, Each&& each) {
    put(static_cast<std::uint32_t>(range.size()));
    for (const auto& element : range) each(element);
  }
  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void list(const std::vector<T>& values) {
    list(values, [&](T v) { put(v); });
  }
  void raw(std::span<const std::byte> blob) {
    bytes_.insert(bytes_.end(), blob.begin(), blob.end());
  }

  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what Writer wrote. Never reads past the end and never allocates more than the input could
/// hold: anything wrong throws an Error{corrupt_data} that names `what` was read, and the offset.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  template <class T>
  requires(std::is_arithmetic_v<T>) T get() {
    T value;
    need(sizeof(T));
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  bool get_bool() {
    const auto v = get<std::uint8_t>();
    if (v > 1) fail("a boolean is neither 0 nor 1");
    return v == 1;
  }
  /// An enumerator in [0, count).
  template <class E>
  requires(std::is_enum_v<E>) E get_enum(std::int64_t count) {
    const auto v = get<std::underlying_type_t<E>>();
    if (static_cast<std::int64_t>(v) < 0 || static_cast<std::int64_t>(v) >= count)
      fail("an enumerator is out of range");
    return static_cast<E>(v);
  }
  std::string get_string();
  Bytes get_blob();
  /// A count whose elements take at least `element_bytes` each; the rest of the input must hold
  /// them.
  std::size_t get_count(std::size_t element_bytes);
  template <class T>
  requires(std::is_arithmetic_v<T>) std::vector<T> get_list() {
    std::vector<T> values(get_count(sizeof(T)));
    for (T& v : values) v = get<T>();
    return values;
  }

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  /// Fails unless everything has been read.
  void finish() const;
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  void need(std::size_t n) const {
    if (n > remaining()) fail("the data ends too early");
  }
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::string what_;
};

/// 128 bits of XXH3 over the bytes: identity and integrity, not security.
struct Hash128 {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  /// 32 lower-case hexadecimal digits.
  std::string hex() const;
};
Hash128 hash128(std::span<const std::byte> bytes);

}  // namespace tegula::format
