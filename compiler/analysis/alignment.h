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

/// Elements that one access of a tile in `layout` moves: no more than a thread holds consecutively.
int access_width(tile::ViewType view, llvm::ArrayRef<bool> full, const layout::Distributed& layout);

/// Whether no bit of the flat index is moved by both registers and threads. (With a swizzle some
/// are; accesses of tiles add coordinates, which then does not work.)
bool bits_are_disjoint(const layout::Distributed& layout);

/// The layout of a tile in a queue in shared memory (tile.async_copy): each thread's pieces have
/// slots of their own.
struct QueueShape {
  int width = 1;                 ///< elements of a piece: one access's
  std::int64_t piece_bytes = 0;  ///< a power of two
  int pieces = 0;                ///< of a thread
  int threads = 0;
  std::int64_t slot_bytes() const { return piece_bytes * pieces * threads; }
};
QueueShape queue_shape(tile::ViewType view, llvm::ArrayRef<bool> full,
                       const layout::Distributed& layout);

/// Why contiguous_elements are less than 16 bytes, for a remark; empty if they are not.
std::string why_narrow(tile::ViewType view, llvm::ArrayRef<bool> full);

}  // namespace tegula::compiler
