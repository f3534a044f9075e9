// Which bytes a strided tensor touches.
#pragma once

#include <cstdint>
#include <string_view>

#include "tegula/tensor.h"

namespace tegula::runtime {

/// The addresses [begin, end) from a tensor's lowest byte to behind its highest.
struct Hull {
  std::uintptr_t begin = 0, end = 0;
  bool empty() const { return begin == end; }
  /// Whether the two share a byte's range. (Two interleaved tensors' hulls may overlap although no
  /// element is shared.) An empty one shares nothing.
  bool overlaps(const Hull& other) const {
    return !empty() && !other.empty() && begin < other.end && other.begin < end;
  }
};

/// Empty, at `data`, for a tensor without elements. Strides may be zero or negative. Throws
/// Error{invalid_argument} naming `argument` if a size times a stride overflows, or if the bytes
/// would wrap around the address space.
Hull hull(const TensorRef& tensor, std::string_view argument);

}  // namespace tegula::runtime
