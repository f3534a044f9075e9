// Reductions and scans along one axis of a tile, and over the blocks of a cluster.
//
// A reduction keeps its axis, with extent 1, so that the result broadcasts against the tile that
// was reduced. -1 is the last axis. It keeps the dtype, too: convert 16-bit floats with .to(f32)
// first.
//
// The maximum and the minimum along an axis are reduce_max and reduce_min, since max(t, 1) is "t or
// 1, whichever is larger".
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

/// The sum. Numbers.
Tile sum(const Tile& a, int axis, std::source_location at = std::source_location::current());
/// The maximum, and the minimum. Numbers; for floats, NaN if any element is NaN.
Tile reduce_max(const Tile& a, int axis, std::source_location at = std::source_location::current());
Tile reduce_min(const Tile& a, int axis, std::source_location at = std::source_location::current());
/// Whether any, and whether all elements are true.
Mask any(const Mask& a, int axis, std::source_location at = std::source_location::current());
Mask all(const Mask& a, int axis, std::source_location at = std::source_location::current());

struct ValueAndIndex {
  Tile value, index;  ///< index: i32
};
/// The maximum (minimum), and the first index along the axis that has it. A NaN wins, as in numpy.
ValueAndIndex argmax(const Tile& a, int axis,
                     std::source_location at = std::source_location::current());
ValueAndIndex argmin(const Tile& a, int axis,
                     std::source_location at = std::source_location::current());

/// Inclusive prefix sums; from the end if `reverse`.
Tile cumsum(const Tile& a, int axis, bool reverse = false,
            std::source_location at = std::source_location::current());

/// Element by element over the tiles of the cluster's blocks (cluster_grid): every block gets the
/// same sum (maximum, minimum), to the bit, combined in the order of ranks. Numbers of 32 and 64
/// bits. Without clusters, the tile itself. All blocks of the cluster must call it, so it may not
/// be in an if_, in a while_, or in a loop whose bounds may differ from block to block.
Tile cluster_sum(const Tile& a, std::source_location at = std::source_location::current());
Tile cluster_max(const Tile& a, std::source_location at = std::source_location::current());
Tile cluster_min(const Tile& a, std::source_location at = std::source_location::current());

namespace detail {

enum class Along : std::uint8_t { reduce, scan, scan_from_end };
using Combine = std::function<std::vector<Tile>(std::span<const Tile>, std::span<const Tile>)>;
std::vector<Tile> combine_along(Along along, std::span<const Tile> tiles, int axis,
                                const Combine& combine, const std::source_location& at);

template <class F>
Combine erase_one(const F& combine) {
  static_assert(std::is_invocable_r_v<Tile, const F&, Tile, Tile>,
                "a combination is a function of two Tiles that gives one");
  return [&combine](std::span<const Tile> a, std::span<const Tile> b) {
    return std::vector<Tile>{combine(a[0], b[0])};
  };
}
template <std::size_t N, class F>
Combine erase_tuple(const F& combine) {
  using Tuple = std::array<Tile, N>;
  static_assert(std::is_invocable_r_v<Tuple, const F&, Tuple, Tuple>,
                "a combination of several tiles is a function of two std::arrays of Tiles that "
                "gives one: return std::array{a, b};");
  return [&combine](std::span<const Tile> a, std::span<const Tile> b) {
    std::array<Tile, N> left, right;
    std::copy(a.begin(), a.end(), left.begin());
    std::copy(b.begin(), b.end(), right.begin());
    const std::array<Tile, N> both = combine(left, right);
    return std::vector<Tile>(both.begin(), both.end());
  };
}
template <std::size_t N>
std::array<Tile, N> to_array(const std::vector<Tile>& tiles) {
  std::array<Tile, N> result;
  std::copy(tiles.begin(), tiles.end(), result.begin());
  return result;
}

}  // namespace detail

/// Combines the elements along the axis by the author's function of two scalars, which must be
/// associative and commutative: `reduce(t, 1, [](Tile a, Tile b) { return a * b; })`. The function
/// is traced once; it does arithmetic on its arguments and literals, and returns the type it takes.
template <class F>
Tile reduce(const Tile& a, int axis, const F& combine,
            std::source_location at = std::source_location::current()) {
  return detail::combine_along(detail::Along::reduce, {&a, 1}, axis, detail::erase_one(combine),
                               at)[0];
}
/// The same for several tiles at once; the function takes and returns a std::array of scalars:
///
///   auto [mean, m2, count] = reduce({x, zero, one}, 1, [](auto a, auto b) {
///     auto [mean_a, m2_a, n_a] = a;
///     ...
///     return std::array{mean, m2, n};
///   });
template <std::size_t N, class F>
std::array<Tile, N> reduce(const Tile (&tiles)[N], int axis, const F& combine,
                           std::source_location at = std::source_location::current()) {
  return detail::to_array<N>(detail::combine_along(detail::Along::reduce, tiles, axis,
                                                   detail::erase_tuple<N>(combine), at));
}

/// Inclusive prefixes along the axis: element i combines elements 0 to i, or i to the last if
/// `reverse`. The function must be associative; its left argument is for the elements nearer to
/// where the scan starts.
template <class F>
Tile scan(const Tile& a, int axis, const F& combine, bool reverse = false,
          std::source_location at = std::source_location::current()) {
  return detail::combine_along(reverse ? detail::Along::scan_from_end : detail::Along::scan,
                               {&a, 1}, axis, detail::erase_one(combine), at)[0];
}
template <std::size_t N, class F>
std::array<Tile, N> scan(const Tile (&tiles)[N], int axis, const F& combine, bool reverse = false,
                         std::source_location at = std::source_location::current()) {
  return detail::to_array<N>(
      detail::combine_along(reverse ? detail::Along::scan_from_end : detail::Along::scan, tiles,
                            axis, detail::erase_tuple<N>(combine), at));
}

}  // namespace tegula
#pragma GCC visibility pop
