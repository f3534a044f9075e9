// Memory: which element of a tile is where in shared memory.
//
// The counterpart of distributed.h. There a position is a register of a thread; here it is an
// offset, counted in elements from the start of the tile's buffer, and the layout is again a short
// table: for each bit of the offset, the flat index that setting it contributes by XOR.
//
// 1. Why not simply row-major
//
// Shared memory has 32 banks of 4 bytes; bank = (byte address / 4) % 32. One instruction of a warp
// is served in wavefronts, each of which fetches one word from each bank. A tile [32x32] of f32,
// row-major, is stored along its rows and read back along its columns:
//
//      store: lane l writes element (r, l)   offset 32 r + l    32 banks      1 wavefront
//      load:  lane l reads element  (l, c)   offset 32 l + c    bank c only  32 wavefronts
//
// Swizzled, element (r, c) is at offset 32 r + (c ^ r). Now both hit all banks at once. In bits:
//
//      [32x32] row-major   offset:(1 2 4 8 16   32 64 128 256 512)
//              swizzled    offset:(1 2 4 8 16   33 66 132 264 528)    33: one row and one column
//
// 2. What makes a layout free of conflicts
//
// Split the bits of the offset: the lower ones are the position in a line of 128 bytes (the banks),
// the upper ones, the segment, are the number of the line. Two lanes of one wavefront conflict if
// they differ only in the segment. The lanes of a layout span a space P of flat indices, the
// segment bits contribute a space S; there is no conflict if the two have nothing but 0 in common.
// (Lanes that access the same word do not conflict, so the bits within a word count as part of P.)
// Storing has a P, loading has another; S must avoid both. Two proper subspaces never fill a space,
// so S can be grown one vector at a time, and a greedy choice never gets stuck.
//
// An access of 8 bytes a lane is served in two halves of the warp and one of 16 bytes in four
// quarters, 128 bytes each, so P then has only the lowest 4 or 3 lane bits, and the bits within the
// vector.
//
// 3. Hardware's swizzles
//
// The 128-byte swizzle of TMA and wgmma moves byte address a to a ^ ((a >> 3) & 0x70): in each row
// of 128 bytes, the 16-byte chunks are permuted by the row number. It is linear, so it is such a
// table as well. For f32, 32 elements a line:
//
//      offset:(1 2   4 8 16   32^4 64^8 128^16   256 ...)
//
// "Linear Layouts" (arXiv 2505.23819), section on optimal swizzling, has the theory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/layout/distributed.h"

namespace tegula::layout {

inline constexpr int bank_line_bytes = 128;  // 32 banks of 4 bytes
inline constexpr int bank_bytes = 4;
inline constexpr int widest_shared_bytes = 16;  // of one lane's access

// An immutable value.
class Memory {
 public:
  // The column of each offset bit, bit 0 first, each a flat index. Throws std::invalid_argument
  // unless the extents are powers of two and every element has exactly one offset.
  Memory(Shape shape, Columns offsets);

  static Memory row_major(const Shape& shape);

  // The layout for converting a tile from `source` to `target` through shared memory: stores and
  // loads are free of bank conflicts and as wide as the two layouts' registers allow, at most 16
  // bytes. If the two have no vector in common, one side's accesses are wide and the other's as
  // narrow as necessary. (For layouts whose columns have several bits, accesses may be narrower,
  // and may then conflict; the conversion is correct in any case.) `element_bytes`: 1, 2, 4, 8.
  // Throws std::invalid_argument if the shapes differ.
  static Memory for_conversion(const Distributed& source, const Distributed& target,
                               int element_bytes);

  const Shape& shape() const { return shape_; }
  int64_t size() const { return int64_t{1} << map_.out_bits(); }  // elements

  // Offset -> flat index, and back.
  const LinearMap& map() const { return map_; }
  const LinearMap& inverse() const { return inverse_; }

  // Position in `layout` (its map()'s input bits) -> offset. Throws std::invalid_argument if the
  // shapes differ.
  LinearMap offsets(const Distributed& layout) const;

  // The largest power of two n, at most `most`, such that in every thread of `layout` the registers
  // form groups of n at n consecutive offsets that start at a multiple of n, with the same
  // registers in the same order in every thread.
  int vector_elements(const Distributed& layout, int most) const;

  // "[2x4] offset:(1 2 4)".
  std::string to_string() const;

  friend bool operator==(const Memory&, const Memory&) = default;

 private:
  Shape shape_;
  LinearMap map_, inverse_;
};

// One access by every thread, to consecutive offsets: from `offset` on in thread 0, in another
// thread from `offset` XOR its own (Memory::offsets of its thread bits).
struct MemoryAccess {
  uint32_t offset = 0;
  std::vector<uint32_t> registers;  // in the order of the offsets
};

// The accesses that move a thread's elements, `width` at a time; of a register's copies only the
// first is accessed. `width` is at most memory.vector_elements(layout).
std::vector<MemoryAccess> memory_accesses(const Memory& memory, const Distributed& layout,
                                          int width);

}  // namespace tegula::layout
