// Whether a kernel, and everything checked and worked out for one tensor, is valid for another.
#pragma once

#include <cstdint>

#include "tegula/tensor.h"

namespace tegula::runtime {

constexpr std::uintptr_t address_alignment = 16;  // bytes: kernels rely on no more than this

inline std::uintptr_t address_of(const TensorRef& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data);
}

/// Whether tensors at these addresses are interchangeable.
inline bool alike(std::uintptr_t a, std::uintptr_t b) {
  return (a ^ b) % address_alignment == 0 && (a == 0) == (b == 0);
}

inline bool alike(const Dims& a, const Dims& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t d = 0; d < a.size(); ++d)
    if (a[d] != b[d]) return false;
  return true;
}

/// Whether the tensors differ only in addresses that are alike.
inline bool alike(const TensorRef& a, const TensorRef& b) {
  return a.device == b.device && a.dtype == b.dtype && a.read_only == b.read_only &&
         alike(address_of(a), address_of(b)) && alike(a.shape, b.shape) &&
         alike(a.strides, b.strides);
}

}  // namespace tegula::runtime
