// Whether two tensors share memory.
#pragma once

#include <string_view>

#include "tegula/tensor.h"

namespace tegula::ops {

/// Whether two matrices or vectors of last stride 1 share a byte. Exact for those of one row pitch
/// (column slices of one buffer are told apart); otherwise it compares the ranges that the two span
/// and may say yes for two that merely interlace. Throws Error{invalid_argument} naming `argument`
/// if a tensor reaches beyond the address space.
bool overlaps(const TensorRef& a, const TensorRef& b, std::string_view argument);

}  // namespace tegula::ops
