// Traced loops and branches. Their code is recorded once, however often the kernel runs it. Checked
// tracing (set_checked_tracing) records it twice and compares, since changes of host state in it
// would be compiled in unnoticed.
//
//   for (auto j : range(0, n)) total += X.load({i, j});
//   while_([&] { return error > eps; }, [&] { error = step(error); });
//   if_(flag != 0, [&] { t = t * 2; }, [&] { t = t + 1; });
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <span>
#include <vector>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

/// What `range` gives to a `for`. The body runs once, while tracing. Tiles that it assigns are
/// carried from iteration to iteration and have their last value after the loop (the one from
/// before, if there is no iteration). `break`, `return` and tiles that change their type are
/// errors.
class Range {
 public:
  class End {};
  class Iterator {
   public:
    explicit Iterator(Range& range) : range_(&range) {}
    Tile operator*() const { return range_->is_open() ? range_->iteration() : range_->open(); }
    Iterator& operator++() {
      done_ = range_->close();
      return *this;
    }
    bool operator!=(End) const { return !done_; }

   private:
    Range* range_;
    bool done_ = false;
  };

  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
  /// Throws Error{kernel} if the body was left by `break` or `return`.
  ~Range() noexcept(false);

  Iterator begin() { return Iterator(*this); }
  End end() const { return {}; }

 private:
  friend Range range(Operand lower, Operand upper);
  template <std::size_t N>
  friend class PersistentGrid;
  enum class State : std::uint8_t { fresh, open, closed };

  Range(const Operand& lower, const Operand& upper);
  Tile open();
  bool is_open() const { return state_ == State::open; }
  Tile iteration() const;
  /// False if the body must be recorded again.
  bool close();

  detail::Tracer* tracer_ = nullptr;
  detail::ValueId lower_, upper_, induction_ = detail::uninitialised;
  std::source_location at_;
  State state_ = State::fresh;
  int exceptions_;  ///< in flight when the range was made
};

/// lower, lower + 1, ..., upper - 1; i32 scalars or whole numbers.
[[nodiscard]] Range range(Operand lower, Operand upper);

/// Runs `body` as long as `condition`, a traced scalar, is true. Tiles that the body assigns are
/// carried as in `range`; the condition must not assign any.
void while_(const std::function<Mask()>& condition, const std::function<void()>& body,
            std::source_location at = std::source_location::current());

/// Runs `then` or `otherwise`, depending on a scalar that the kernel computes: the whole block
/// takes the same branch. Tiles that either branch assigns are merged, and must have the same type
/// after both; a tile without a value before has one afterwards if both assign it. To choose
/// element by element use select.
void if_(MaskOperand condition, const std::function<void()>& then,
         const std::function<void()>& otherwise = {});
/// A condition that is known while tracing needs no if_: C++'s own `if` specialises.
template <std::same_as<bool> B>
void if_(B, const std::function<void()>&, const std::function<void()>& = {}) {
  static_assert(detail::always_false<B>, "a condition on host values: use C++'s own `if`");
}

namespace detail {

/// The index arithmetic of grid_persistent.
class PersistentTiles {
 public:
  PersistentTiles(std::span<const Operand> extents, const Operand& blocks,
                  const std::source_location& at);
  Operand iterations() const;
  void coordinates(const Tile& iteration, std::span<Tile> coordinates) const;
  const std::source_location& at() const { return at_; }

 private:
  std::vector<Tile> extents_;
  Tile first_, step_, iterations_;
  std::source_location at_;
};

}  // namespace detail

/// What grid_persistent gives to a `for`.
template <std::size_t N>
class PersistentGrid {
 public:
  class Iterator {
   public:
    Iterator(const PersistentGrid& grid, Range::Iterator iteration)
        : grid_(&grid), iteration_(iteration) {}
    std::array<Tile, N> operator*() const {
      const Tile iteration = *iteration_;  // opens the loop: the coordinates are made inside it
      std::array<Tile, N> coordinates;
      grid_->tiles_.coordinates(iteration, coordinates);
      return coordinates;
    }
    Iterator& operator++() {
      ++iteration_;
      return *this;
    }
    bool operator!=(Range::End end) const { return iteration_ != end; }

   private:
    const PersistentGrid* grid_;
    Range::Iterator iteration_;
  };

  PersistentGrid(const Operand (&extents)[N], const Operand& blocks, const std::source_location& at)
      : tiles_(extents, blocks, at), iterations_(Operand(0, at), tiles_.iterations()) {}

  Iterator begin() { return {*this, iterations_.begin()}; }
  Range::End end() const { return {}; }

 private:
  detail::PersistentTiles tiles_;
  Range iterations_;
};

/// States a grid of `blocks` blocks (or as many as there are tiles, if that is less), among which
/// the tiles of a grid of these extents are divided, and loops over the tiles of this block: `for
/// (auto [i, j] : grid_persistent({cdiv(m, 64), cdiv(n, 64)}, c.blocks))`. The product of the
/// extents must be below 2^31. `blocks`: i32, a formula as in grid.
template <std::size_t N>
[[nodiscard]] PersistentGrid<N> grid_persistent(
    const Operand (&extents)[N], Operand blocks,
    std::source_location at = std::source_location::current()) {
  static_assert(N <= 8, "a grid has at most 8 extents");
  return PersistentGrid<N>(extents, blocks, at);
}

}  // namespace tegula
#pragma GCC visibility pop
