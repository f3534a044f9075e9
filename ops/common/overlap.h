// Whether two tensors share memory.
#pragma once

#include <string_view>

#include "tegula/tensor.h"

namespace tegula::ops {

/// Whether two tensors share a byte. Exact for matrices of one row pitch and last stride 1 (column
/// slices of one buffer are told apart); otherwise it compares the ranges that the two span
/// and may say yes for two that merely interlace. Throws Error{invalid_argument} naming `argument`
/// if a tensor reaches beyond the address space.
bool overlaps(const TensorRef& a, const TensorRef& b, std::string_view argument);

}  // namespace tegula::ops
