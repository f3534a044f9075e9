// Traced loops: `for (auto j : range(0, n))` records its body once.
#pragma once

#include "tegula/dsl/tile.h"

namespace tegula {

/// What `range` gives to a `for`. The body runs once, while tracing. Tiles that it assigns are
/// carried from turn to turn and keep their last value after the loop (the first, if it makes no
/// turn). `break`, `return` and tiles that change their type are errors.
class Range {
 public:
  class End {};
  class Iterator {
   public:
    explicit Iterator(Range& range) : range_(&range) {}
    Tile operator*() const { return range_->open(); }
    Iterator& operator++() {
      range_->close();
      done_ = true;
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
  enum class State : std::uint8_t { fresh, open, closed };

  Range(const Operand& lower, const Operand& upper);
  Tile open();
  void close();

  detail::Tracer* tracer_ = nullptr;
  detail::ValueId lower_, upper_;
  std::source_location at_;
  State state_ = State::fresh;
  int exceptions_;  ///< in flight when the range was made
};

/// lower, lower + 1, ..., upper - 1; i32 scalars or whole numbers.
[[nodiscard]] Range range(Operand lower, Operand upper);

}  // namespace tegula
