// `for (... : range(...))` and `for (... : grid_persistent(...))`.
#include "tegula/dsl/loop.h"

#include <exception>

#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/tracer.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/math.h"
#include "tegula/dsl/parameter.h"

namespace tegula {

Range::Range(const Operand& lower, const Operand& upper)
    : tracer_(&detail::Tracer::here(lower.at())),
      lower_(detail::i32_scalar(*tracer_, lower, "a bound of range")),
      upper_(detail::i32_scalar(*tracer_, upper, "a bound of range")),
      at_(lower.at()),
      exceptions_(std::uncaught_exceptions()) {}

Tile Range::open() {
  if (state_ != State::fresh)
    detail::fail(
        at_, {.problem = "a range is used by two loops", .hint = "write range(...) in each `for`"});
  state_ = State::open;
  induction_ = tracer_->open_for(lower_, upper_, at_);
  return iteration();
}

Tile Range::iteration() const { return {*tracer_, induction_}; }

bool Range::close() {
  if (tracer_->retrace()) return false;
  state_ = State::closed;
  tracer_->close_for();
  return true;
}

Range::~Range() noexcept(false) {
  if (state_ == State::open && std::uncaught_exceptions() == exceptions_)
    detail::fail(at_, {.problem = "a traced loop was left by break or return",
                       .hint = "its body runs once, while tracing: mask what must not happen with "
                               "select, or let the loop's bounds say when it ends"});
}

Range range(Operand lower, Operand upper) { return {lower, upper}; }

namespace detail {
namespace {

Tile product_of(std::span<const Tile> extents, const std::source_location& at) {
  Tile product = extents[0];
  for (const Tile& extent : extents.subspan(1)) product = Operand(product, at) * extent;
  return product;
}

}  // namespace

PersistentTiles::PersistentTiles(std::span<const Operand> extents, const Operand& blocks,
                                 const std::source_location& at)
    : at_(at) {
  Tracer& tracer = Tracer::here(at);
  for (const Operand& extent : extents)
    extents_.emplace_back(tracer, i32_scalar(tracer, extent, "an extent of the grid"));
  const Tile total = product_of(extents_, at);
  const Tile launched(tracer, i32_scalar(tracer, blocks, "the number of blocks"));
  Tile program;
  const Operand grid[] = {min(Operand(total, at), Operand(launched, at))};
  set_grid(grid, std::span(&program, 1), at);
  first_ = program;
  step_ = Tile(tracer, tracer.leaf(program::Op::num_programs, {.dtype = DType::i32}, {0}, at));
  iterations_ = cdiv(Operand(Operand(total, at) - first_, at), Operand(step_, at));
}

Operand PersistentTiles::iterations() const { return {iterations_, at_}; }

void PersistentTiles::coordinates(const Tile& iteration, std::span<Tile> coordinates) const {
  Tile rest = Operand(first_, at_) + (Operand(iteration, at_) * step_);
  for (std::size_t axis = extents_.size(); axis-- > 1;) {
    coordinates[axis] = Operand(rest, at_) % extents_[axis];
    rest = Operand(rest, at_) / extents_[axis];
  }
  coordinates[0] = rest;
}

}  // namespace detail

}  // namespace tegula
