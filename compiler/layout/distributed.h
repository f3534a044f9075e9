// Distributed: which thread holds which element of a tile, and in which register.
//
// A tutorial. (linear_map.h and shape.h have the two tools it builds on.)
//
// 1. Bits on both sides
//
// The tile [8x16] has 128 elements, so a flat index has 7 bits: 3 of the row, then 4 of the column.
// Let one warp hold it, 32 lanes with 4 registers each. A position (which register of which lane)
// is then 7 bits too: 2 of the register number, 5 of the lane. Here is a good arrangement for
// memory: each lane has two neighbours in a row, so it can load them at once.
//
//              columns 0-1   2-3    4-5   ...  14-15
//      row 0     lane  0      1      2    ...    7     in registers 0 and 1
//      row 1           8      9     10    ...   15
//      row 2          16     17     18    ...   23
//      row 3          24     25     26    ...   31
//      row 4     lane  0      1      2    ...    7     in registers 2 and 3
//      ...
//
// 2. A layout is a short table
//
// Ask for each bit of the position: by how much does setting it alone move us? Register bit 0 goes
// to the next column (1), register bit 1 goes down four rows (4 * 16 = 64); the lane bits go 2, 4,
// 8, then one row (16), two rows (32). These numbers are the layout's columns, and the whole
// layout:
//
//      [8x16] register:(1 64) lane:(2 4 8 16 32)            Distributed::blocked({8, 16}, 2, 1)
//
// The element at any position is the XOR of the columns of its set bits; here they never overlap,
// so it is their sum too. Register 3 (bits 0, 1) of lane 9 (bits 0, 3):
//
//      1 ^ 64 ^ 2 ^ 16 = 83 = 5 * 16 + 3, row 5, column 3             index(3, 9, 0) == 83
//
// 3. Hardware's own layouts are such tables
//
// The accumulators of two mma.m16n8 side by side: a lane has two neighbours, two more eight rows
// below (8 * 16 = 128), and all that again eight columns to the right. Four lanes share a row.
//
//      [16x16] register:(1 128 8) lane:(2 4 16 32 64)
//
// More warps add warp columns, a cluster adds cta columns. While the columns use different bits XOR
// is the same as +; where they do not, it gives swizzles.
//
// 4. Copies are zero columns
//
// Sum the tile of part 1 along its rows. What is left is [8x1]: the index has lost its column bits.
// Register bit 0 only moved along the row, so it folds away, and half the registers with it. Lane
// bits 0-2 only moved along the row as well, but lanes do not go away: after a butterfly of
// shuffles all eight have the sum. They stay, with zeros:
//
//      [8x1] register:(4) lane:(0 0 0 1 2)                            reduced(1)
//
// replicated_lanes() is 0b00111: the lanes where these bits are 0 hold one full copy between them,
// and it is enough that they store it. Read the other way, this is also the layout a [8x1] tile
// must have for its broadcast to [8x16] to move nothing: source_of_broadcast({8, 1}).
//
// 5. Questions are linear algebra
//
//      does every element have a position?   the map is surjective (required)
//      who holds element e?                  map().solve(e); of several, the lowest cta, warp, lane
//      which threads hold copies?            dependent columns
//      how wide may a load be?               how many register columns go 1, 2, 4, ...
//      what moves between two layouts?       compare columns: conversion.h
//
// The idea is from "Linear Layouts" (arXiv 2505.23819), which also measures its benefits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/layout/linear_map.h"
#include "compiler/layout/shape.h"

namespace tegula::layout {

using Columns = std::vector<uint32_t>;

inline constexpr int lane_bits = 5;  // 32 lanes in a warp

// An immutable value; a copy costs one reference count.
class Distributed {
 public:
  // The columns of each kind of bit, bit 0 first, each a flat index. Throws std::invalid_argument,
  // naming the shape and the wrong column, unless
  //   - the extents are powers of two (shape.h), and every column is inside the tile;
  //   - there are exactly 5 lane columns, at most 5 for warps (1024 threads), at most 4 for ctas
  //     (a cluster of 16), at most 30 for registers;
  //   - every element of the tile has a position.
  Distributed(Shape shape, Columns registers, Columns lanes, Columns warps = {}, Columns ctas = {});

  // Row-major order for coalesced access by one CTA: the lowest log2(vector_elements) bits of the
  // flat index are register bits, the next 5 are lane bits, the next log2(warps) warp bits, and
  // what is left register bits again.
  //   - A vector does not cross the end of a row: rows need not be contiguous in memory. So
  //     vector_elements is clipped to inner_extent(shape), and the spare bits go on to the lanes.
  //   - In a tile too small for all threads the spare lane and warp bits get zero columns: copies.
  // Throws std::invalid_argument if vector_elements or warps is not a power of two.
  static Distributed blocked(const Shape& shape, int vector_elements, int warps);

  const Shape& shape() const { return data_->shape; }
  int64_t size() const { return int64_t{1} << data_->map.out_bits(); }  // elements in the tile

  // How many registers each thread has, warps each CTA, CTAs the cluster.
  int registers() const { return 1 << register_columns().size(); }
  int warps() const { return 1 << warp_columns().size(); }
  int ctas() const { return 1 << cta_columns().size(); }

  const Columns& register_columns() const { return data_->columns[0]; }
  const Columns& lane_columns() const { return data_->columns[1]; }
  const Columns& warp_columns() const { return data_->columns[2]; }
  const Columns& cta_columns() const { return data_->columns[3]; }

  // Position -> flat index. The input bits are those of the register, lane, warp, cta, in this
  // order, the register's lowest; register_map() has the first kind, thread_map() the other three.
  const LinearMap& map() const { return data_->map; }
  LinearMap register_map() const;
  LinearMap thread_map() const;

  // The flat index at a position. Throws std::invalid_argument if there is no such position.
  uint32_t index(uint32_t reg, uint32_t lane, uint32_t warp, uint32_t cta = 0) const;

  // One coordinate per axis. Throws std::invalid_argument if `flat` is outside the tile.
  std::vector<int64_t> coordinates(uint32_t flat) const;

  // The largest power of two n such that in every thread each aligned group of n registers (0 to
  // n-1, n to 2n-1, ...) holds n consecutive flat indices in ascending order, within one row and
  // from a multiple of n on. A row is inner_extent(shape) long. This is the vector width that the
  // layout allows; the alignment of the memory is up to the caller.
  int vector_elements() const;

  // The same elements at the same positions, with another shape of equal size.
  // Throws std::invalid_argument if the sizes differ.
  Distributed reshape(const Shape& shape) const;

  // Each element stays where it is; axis i of the result is axis permutation[i].
  // Throws std::invalid_argument if `permutation` is not one of the axes.
  Distributed transpose(const std::vector<int>& permutation) const;

  // The layout of a tile of shape `source` (this shape, with some extents 1) whose broadcast to
  // this layout moves no data: each thread already holds what its elements are copies of. The bits
  // of the broadcast axes are dropped from every column. Register columns that are then zero are
  // removed, since one register serves all copies in a thread; those of lanes and warps stay, since
  // the threads do. Throws std::invalid_argument if `source` does not broadcast to shape().
  Distributed source_of_broadcast(const Shape& source) const;

  // The layout of a reduction along `axis` that keeps the axis with extent 1: every thread ends up
  // with the results for the rows it took part in. Same as source_of_broadcast of that shape.
  // Throws std::invalid_argument if there is no such axis.
  Distributed reduced(int axis) const;

  // The bits of the flat index that count along `axis`.
  uint32_t axis_mask(int axis) const { return layout::axis_mask(shape(), axis); }

  // Whether every column moves either only along `axis` or not at all along it. Reductions along
  // `axis` need this: they then fold registers, lanes, warps and CTAs one kind after the other.
  bool is_separable(int axis) const;

  // Masks of the lane, warp and cta bits that move along `axis`, without the replicated ones. If
  // the layout is separable, these and the registers together visit each index of the axis once.
  uint32_t axis_lane_bits(int axis) const;
  uint32_t axis_warp_bits(int axis) const;
  uint32_t axis_cta_bits(int axis) const;

  // Masks of the bits that only make copies: bits whose column depends on those before it, in the
  // order registers, lanes, warps, ctas. The positions where all of them are 0 hold each element of
  // the tile exactly once; they are the positions that map().solve() finds.
  uint32_t replicated_registers() const;
  uint32_t replicated_lanes() const;
  uint32_t replicated_warps() const;
  uint32_t replicated_ctas() const;

  // "[8x16] register:(1 64) lane:(2 4 8 16 32)"; kinds without columns are left out.
  std::string to_string() const;

  // The same in every process.
  std::size_t hash() const;

  friend bool operator==(const Distributed& a, const Distributed& b);

 private:
  enum Kind { register_kind, lane_kind, warp_kind, cta_kind };

  struct Data {
    Shape shape;
    std::array<Columns, 4> columns;  // by Kind
    LinearMap map;                   // the same columns, one after another
  };

  // The bits of `kind` cut out of a mask of map()'s input bits.
  uint32_t bits_of(Kind kind, uint64_t inputs) const;
  uint32_t axis_bits(Kind kind, int axis) const;
  uint32_t replicated_bits(Kind kind) const;

  // This layout with `projection` applied to every column.
  Distributed projected(const Shape& shape, const LinearMap& projection) const;

  std::shared_ptr<const Data> data_;
};

}  // namespace tegula::layout

template <>
struct std::hash<tegula::layout::Distributed> {
  std::size_t operator()(const tegula::layout::Distributed& layout) const { return layout.hash(); }
};
