// Tiles for tests of reductions and scans by a function of the author's: every way in which an axis
// can lie over registers, lanes and warps.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/kernels/harness.h"

namespace tegula::testing {

/// A tile of rank 3 that is loaded as `rows` x `middle` x `columns`, whose axes are then permuted
/// and flattened to two, so that bits of registers, lanes and warps come in any order.
struct CombineCfg {
  int d0 = 1, d1 = 1, d2 = 64;
  int permutation = 0;  ///< one of the six
  int rows = 1;         ///< extents after flattening: rows x (d0 d1 d2 / rows)
  int axis = 1;
  bool reverse = false;  ///< scans
  int warps = 2;

  int size() const { return d0 * d1 * d2; }
  int columns() const { return size() / rows; }
  Dims order() const {
    static const std::array<Dims, 6> all = {Dims{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                            {1, 2, 0},     {2, 0, 1}, {2, 1, 0}};
    return all.at(static_cast<std::size_t>(permutation));
  }
  std::string name() const {
    std::string text;
    for (const int n : {d0, d1, d2, permutation, rows, axis, int{reverse}, warps})
      text += (text.empty() ? "" : " ") + std::to_string(n);
    return text;
  }

  Dims reduced() const { return axis == 0 ? Dims{1, columns()} : Dims{rows, 1}; }

  /// Where the tensor, row-major, keeps each element of the flattened tile.
  std::vector<int> sources() const {
    const std::array<int, 3> extents = {d0, d1, d2};
    const Dims p = order();
    std::vector<int> result;
    for (int i = 0; i < extents[p[0]]; ++i)
      for (int j = 0; j < extents[p[1]]; ++j)
        for (int k = 0; k < extents[p[2]]; ++k) {
          std::array<int, 3> at = {};
          at[p[0]] = i, at[p[1]] = j, at[p[2]] = k;
          result.push_back((at[0] * d1 + at[1]) * d2 + at[2]);
        }
    return result;
  }
  /// The lines along the axis: for each, the places of the flattened tile, in order.
  std::vector<std::vector<int>> lines() const {
    std::vector<std::vector<int>> result(static_cast<std::size_t>(axis == 0 ? columns() : rows));
    for (int place = 0; place < size(); ++place)
      result[axis == 0 ? place % columns() : place / columns()].push_back(place);
    return result;
  }
};

template <class K>
auto with_combine_fields(K kernel) {
  return std::move(kernel)
      .field("d0", &CombineCfg::d0)
      .field("d1", &CombineCfg::d1)
      .field("d2", &CombineCfg::d2)
      .field("permutation", &CombineCfg::permutation)
      .field("rows", &CombineCfg::rows)
      .field("axis", &CombineCfg::axis)
      .field("reverse", &CombineCfg::reverse)
      .field("warps", &CombineCfg::warps);
}

/// Loads the whole tensor as the flattened tile.
template <class Tensor>
Tile load_flattened(const CombineCfg& c, const Tensor& x, const Tile& block) {
  const Tile tile = x.tiles({c.d0, c.d1, c.d2}).load({block, 0, 0});
  return transpose(tile, c.order()).reshape({c.rows, c.columns()});
}

/// Random tiles of up to 2^max_bits elements; the same for the same seed.
inline std::vector<CombineCfg> random_combine_cases(int count, int max_bits, std::uint64_t seed) {
  const auto random = random_integers(0, 1 << 20, 8 * count, seed);
  std::vector<CombineCfg> cases;
  for (int k = 0; k < count; ++k) {
    const auto draw = [&](int which, int below) {
      return static_cast<int>(random[static_cast<std::size_t>(8 * k + which)] % below);
    };
    CombineCfg c;
    const int bits = 2 + draw(0, max_bits - 1), b0 = draw(1, bits + 1), b1 = draw(2, bits - b0 + 1);
    c.d0 = 1 << b0, c.d1 = 1 << b1, c.d2 = 1 << (bits - b0 - b1);
    c.permutation = draw(3, 6);
    c.rows = 1 << draw(4, bits + 1);
    c.axis = draw(5, 2);
    c.reverse = draw(6, 2) == 1;
    c.warps = 1 << draw(7, 4);
    cases.push_back(c);
  }
  return cases;
}

}  // namespace tegula::testing
