// Memory for the length of one call.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace tegula::format {

/// `count` elements, uninitialised: on the stack up to `inline_count`, which nearly always
/// suffices, so that a launch does not allocate.
template <class T, std::size_t inline_count>
requires std::is_trivially_copyable_v<T>
class Scratch {
 public:
  explicit Scratch(std::size_t count) {
    if (count > inline_count) heap_.resize(count);
    data_ = heap_.empty() ? reinterpret_cast<T*>(inline_.data()) : heap_.data();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T& operator[](std::size_t i) { return data_[i]; }
  std::span<T> first(std::size_t count) { return {data_, count}; }

 private:
  // Bytes: an array of T would run the initialisers of all its elements.
  alignas(T) std::array<std::byte, inline_count * sizeof(T)> inline_;
  std::vector<T> heap_;
  T* data_ = nullptr;
};

}  // namespace tegula::format
