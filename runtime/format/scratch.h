// Memory for the length of one call.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace tegula::format {

/// `count` elements, uninitialised: on the stack up to `inline_count`, which is nearly always, so
/// that a launch does not allocate.
template <class T, std::size_t inline_count>
class Scratch {
 public:
  explicit Scratch(std::size_t count) {
    if (count > inline_count) heap_.resize(count);
    data_ = heap_.empty() ? inline_.data() : heap_.data();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T& operator[](std::size_t i) { return data_[i]; }
  std::span<T> first(std::size_t count) { return {data_, count}; }

 private:
  std::array<T, inline_count> inline_;
  std::vector<T> heap_;
  T* data_ = nullptr;
};

}  // namespace tegula::format
