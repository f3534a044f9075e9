// Seeded random maps, shapes and layouts for the property tests, and a walk over all places.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "compiler/layout/distributed.h"
#include "tests/support/sanitized.h"

namespace tegula::layout::testing {

using tegula::testing::rounds;

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Uniform in first..last. Not std::uniform_int_distribution, whose numbers differ by library.
  int in(int first, int last) {
    return first + static_cast<int>(engine_() % static_cast<uint64_t>(last - first + 1));
  }
  bool chance(int percent) { return in(1, 100) <= percent; }
  uint64_t bits(int count) { return count == 0 ? 0 : engine_() >> (64 - count); }

  LinearMap map(int in_bits, int out_bits) {
    std::vector<uint64_t> columns;
    for (int i = 0; i < in_bits; ++i) columns.push_back(chance(15) ? 0 : bits(out_bits));
    return LinearMap(std::move(columns), out_bits);
  }

  LinearMap invertible(int bits) {
    for (;;)
      if (LinearMap result = map(bits, bits); result.is_invertible()) return result;
  }

  std::vector<int> permutation(int count) {
    std::vector<int> result;
    for (int i = 0; i < count; ++i) result.insert(result.begin() + in(0, i), i);
    return result;
  }

  // One to four axes, at most 2^max_bits elements.
  Shape shape(int max_bits) {
    Shape result(in(1, 4), 1);
    for (int bits = in(0, max_bits); bits > 0; --bits) result[in(0, result.size() - 1)] *= 2;
    return result;
  }

  // Each bit of the tile belongs to a random bit of the place, and the bits of the place left over
  // have zero or any columns. In a third of the layouts, the columns are swizzled as well; in a
  // quarter, registers come in ascending order, so that vectors are not a rarity.
  Distributed layout(const Shape& shape) {
    const int tile = tile_bits(shape);
    const int warps = in(0, 2), ctas = chance(25) ? 1 : 0;
    const int needed = tile - lane_bits - warps - ctas;
    const int registers = std::max(0, needed) + in(0, 2);
    const int places = registers + lane_bits + warps + ctas;
    const bool copies_are_zero = chance(50), ordered = chance(25);

    std::vector<uint64_t> columns(places, 0);
    const std::vector<int> order = permutation(places);
    for (int i = 0; i < places; ++i) {
      const int bit = ordered ? i : order[i];
      if (i < tile)
        columns[bit] = uint64_t{1} << i;
      else if (!copies_are_zero)
        columns[bit] = bits(tile);
    }
    if (chance(33)) {
      const LinearMap swizzle = invertible(tile);
      for (uint64_t& column : columns) column = swizzle(column);
    }
    const auto part = [&](int first, int count) {
      return Columns(columns.begin() + first, columns.begin() + first + count);
    };
    return Distributed(shape, part(0, registers), part(registers, lane_bits),
                       part(registers + lane_bits, warps), part(places - ctas, ctas));
  }

 private:
  std::mt19937_64 engine_;
};

struct Thread {
  uint32_t lane = 0, warp = 0, cta = 0;
};

inline std::vector<Thread> threads(const Distributed& layout) {
  std::vector<Thread> result;
  for (int cta = 0; cta < layout.ctas(); ++cta)
    for (int warp = 0; warp < layout.warps(); ++warp)
      for (int lane = 0; lane < 32; ++lane)
        result.push_back({uint32_t(lane), uint32_t(warp), uint32_t(cta)});
  return result;
}

// The elements that a thread holds, by register.
inline std::vector<uint32_t> held(const Distributed& layout, const Thread& thread) {
  std::vector<uint32_t> result;
  for (int r = 0; r < layout.registers(); ++r)
    result.push_back(layout.index(r, thread.lane, thread.warp, thread.cta));
  return result;
}

// The flat index of coordinates, by multiplication.
inline uint32_t flat_index(const Shape& shape, const std::vector<int64_t>& coordinates) {
  int64_t flat = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) flat = flat * shape[axis] + coordinates[axis];
  return static_cast<uint32_t>(flat);
}

// The source element that `flat` of the target is a copy of, by coordinates.
inline uint32_t broadcast_source(const Shape& source, const Shape& target, uint32_t flat) {
  std::vector<int64_t> at = coordinates(target, flat);
  for (size_t axis = 0; axis < source.size(); ++axis)
    if (source[axis] == 1) at[axis] = 0;
  return flat_index(source, at);
}

}  // namespace tegula::layout::testing
