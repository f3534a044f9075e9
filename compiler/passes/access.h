// How wide an access may be: the alignment analysis of one load or store.
#pragma once

#include <cstdint>

#include "compiler/ir/dialect.h"

namespace tegula::compiler {

/// The widest single access that every architecture of the tables has, in bytes.
inline constexpr std::int64_t widest_access_bytes = 16;

/// The largest power of two n such that every aligned group of n elements along the innermost
/// axis of the tile (a) is contiguous in memory, (b) starts at an address that is a multiple of
/// its size, at most 16 bytes, and (c) lies wholly inside or wholly outside the tensor. It follows
/// from the view's type: pointer alignment, stride divisors, extents; `full` says which dimensions
/// need no mask. The innermost axis is the last one along which the tile has several elements.
std::int64_t contiguous_elements(tile::ViewType view, llvm::ArrayRef<bool> full);

/// What keeps contiguous_elements from 16 bytes, for a remark; empty if nothing does.
std::string why_narrow(tile::ViewType view, llvm::ArrayRef<bool> full);

}  // namespace tegula::compiler
