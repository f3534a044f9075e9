// Which bytes a strided tensor touches.
#pragma once

#include <cstdint>
#include <string_view>

#include "tegula/tensor.h"

namespace tegula::runtime {

/// The addresses [begin, end) from a tensor's lowest byte to its highest.
struct Hull {
  std::uintptr_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
  /// Whether the two ranges share a byte; an empty one shares none. (The hulls of two interleaved
  /// tensors may overlap although no element is shared.)
  bool overlaps(const Hull& other) const {
    return !empty() && !other.empty() && begin < other.end && other.begin < end;
  }
};

/// The hull of a tensor; empty, at `data`, if it has no elements. Strides may be zero or negative.
/// Throws Error{invalid_argument} naming `argument` if a size times a stride overflows, or if the
/// bytes would wrap around the address space.
Hull hull(const TensorRef& tensor, std::string_view argument);

}  // namespace tegula::runtime
