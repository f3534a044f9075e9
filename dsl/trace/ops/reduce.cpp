// Reductions and scans.
#include "tegula/dsl/reduce.h"

#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/math.h"

namespace tegula {
namespace {

using detail::Tracer;
using detail::ValueId;
using program::Op;
using program::ReduceKind;
using program::Type;

[[noreturn]] void wrong_dtype(std::string_view name, DType dtype, unsigned accepted,
                              const std::source_location& at) {
  detail::fail(at, {.problem = fmt::format("{} does not take this dtype", name),
                    .got = std::string(dtype_name(dtype)),
                    .wanted = program::describe_dtypes(accepted),
                    .hint = "convert the tile with .to(...)"});
}

ValueId reduce_by(ReduceKind kind, std::string_view name, const detail::Handle& handle, int axis,
                  const std::source_location& at) {
  Tracer& tracer = Tracer::here(at);
  const ValueId value = tracer.use(handle.value(), handle.tracer(), at);
  Type type = tracer.type(value);
  const int from_left =
      detail::checked_axis(axis, type.shape.size(), fmt::format("the axis of {}", name), at);
  const unsigned accepted = program::reduce_dtypes(kind);
  if (!program::contains(accepted, type.dtype)) wrong_dtype(name, type.dtype, accepted, at);
  type.shape[static_cast<std::size_t>(from_left)] = 1;
  return tracer.emit(Op::reduce, {value}, type, at, {static_cast<std::int64_t>(kind), from_left});
}

Tile over_cluster(ReduceKind kind, std::string_view name, const Tile& a,
                  const std::source_location& at) {
  Tracer& tracer = Tracer::here(at);
  const ValueId value = tracer.use(a.value(), a.tracer(), at);
  if (!tracer.has_grid())
    detail::fail(at, {.problem = fmt::format("{} comes before the grid is stated", name),
                      .hint = "call cluster_grid first"});
  const Type type = tracer.type(value);
  const unsigned accepted = program::rule(Op::cluster_reduce).dtypes;
  if (!program::contains(accepted, type.dtype)) wrong_dtype(name, type.dtype, accepted, at);
  if (tracer.cluster() == 1) return a;
  return {tracer,
          tracer.emit(Op::cluster_reduce, {value}, type, at, {static_cast<std::int64_t>(kind)})};
}

/// The preferred one of two elements: the larger, or the smaller; if they are equal, the one with
/// the lower index. A NaN is preferred to all others.
std::array<Tile, 2> extreme(bool largest, const std::array<Tile, 2>& left,
                            const std::array<Tile, 2>& right, const std::source_location& at) {
  const auto& [a, i] = left;
  const auto& [b, j] = right;
  const Operand x(a, at);
  Mask wins = largest ? x > b : x < b;
  Mask ties = x == b;
  if (is_float(a.dtype(at))) {
    const Mask a_nan = x != a, b_nan = Operand(b, at) != b, b_number = Operand(b, at) == b;
    wins = MaskOperand(wins, at) | (MaskOperand(a_nan, at) & b_number);
    ties = MaskOperand(ties, at) | (MaskOperand(a_nan, at) & b_nan);
  }
  const Mask earlier = Operand(i, at) < j;
  const MaskOperand first(MaskOperand(wins, at) | (MaskOperand(ties, at) & earlier), at);
  return {select(first, {a, at}, {b, at}), select(first, {i, at}, {j, at})};
}

ValueAndIndex arg_reduce(bool largest, std::string_view name, const Tile& a, int axis,
                         const std::source_location& at) {
  const DType dtype = a.dtype(at);
  const unsigned accepted = program::reduce_dtypes(ReduceKind::max);
  if (!program::contains(accepted, dtype)) wrong_dtype(name, dtype, accepted, at);
  const Dims shape = a.shape(at);
  const auto from_left = static_cast<std::size_t>(
      detail::checked_axis(axis, shape.size(), fmt::format("the axis of {}", name), at));
  detail::Shape along(shape.size(), 1);
  along[from_left] = shape[from_left];
  const Tile index = iota(along[from_left], at).reshape(detail::to_dims(along), at);
  const auto [value, where] = reduce(
      {a, index}, axis,
      [&](const std::array<Tile, 2>& left, const std::array<Tile, 2>& right) {
        return extreme(largest, left, right, at);
      },
      at);
  return {value, where};
}

}  // namespace

Tile sum(const Tile& a, int axis, std::source_location at) {
  const ValueId value = reduce_by(ReduceKind::sum, "sum", a, axis, at);
  return {*Tracer::current(), value};
}
Tile reduce_max(const Tile& a, int axis, std::source_location at) {
  const ValueId value = reduce_by(ReduceKind::max, "reduce_max", a, axis, at);
  return {*Tracer::current(), value};
}
Tile reduce_min(const Tile& a, int axis, std::source_location at) {
  const ValueId value = reduce_by(ReduceKind::min, "reduce_min", a, axis, at);
  return {*Tracer::current(), value};
}
Tile cluster_sum(const Tile& a, std::source_location at) {
  return over_cluster(ReduceKind::sum, "cluster_sum", a, at);
}
Tile cluster_max(const Tile& a, std::source_location at) {
  return over_cluster(ReduceKind::max, "cluster_max", a, at);
}
Tile cluster_min(const Tile& a, std::source_location at) {
  return over_cluster(ReduceKind::min, "cluster_min", a, at);
}
Mask any(const Mask& a, int axis, std::source_location at) {
  const ValueId value = reduce_by(ReduceKind::bit_or, "any", a, axis, at);
  return {*Tracer::current(), value};
}
Mask all(const Mask& a, int axis, std::source_location at) {
  const ValueId value = reduce_by(ReduceKind::bit_and, "all", a, axis, at);
  return {*Tracer::current(), value};
}

ValueAndIndex argmax(const Tile& a, int axis, std::source_location at) {
  return arg_reduce(true, "argmax", a, axis, at);
}
ValueAndIndex argmin(const Tile& a, int axis, std::source_location at) {
  return arg_reduce(false, "argmin", a, axis, at);
}

Tile cumsum(const Tile& a, int axis, bool reverse, std::source_location at) {
  return scan(
      a, axis, [&](const Tile& x, const Tile& y) { return Operand(x, at) + y; }, reverse, at);
}

namespace detail {

std::vector<Tile> combine_along(Along along, std::span<const Tile> tiles, int axis,
                                const Combine& combine, const std::source_location& at) {
  const std::string name = along == Along::reduce ? "reduce" : "scan";
  Tracer& tracer = Tracer::here(at);
  std::vector<ValueId> values;
  Shape shape;
  for (const Tile& tile : tiles) {
    values.push_back(tracer.use(tile.value(), tile.tracer(), at));
    shape = broadcast_shape(name, shape, tracer.type(values.back()).shape, at);
  }
  for (ValueId& value : values) value = broadcast_to(tracer, value, shape, at);
  std::vector<std::int64_t> attributes = {
      checked_axis(axis, shape.size(), "the axis of " + name, at)};
  if (along != Along::reduce) attributes.push_back(along == Along::scan_from_end);
  const std::vector<ValueId> arguments =
      tracer.open_combination(along == Along::reduce ? Op::reduce_with : Op::scan_with,
                              std::move(values), std::move(attributes), at);
  std::vector<ValueId> combined;
  do {
    std::vector<Tile> scalars;
    for (const ValueId argument : arguments) scalars.emplace_back(tracer, argument);
    const std::span<const Tile> all(scalars);
    combined.clear();
    for (const Tile& tile : combine(all.first(tiles.size()), all.last(tiles.size())))
      combined.push_back(tracer.use(tile.value(), tile.tracer(), at));
  } while (tracer.retrace(combined));
  std::vector<Tile> results;
  for (const ValueId result : tracer.close_combination(std::move(combined)))
    results.emplace_back(tracer, result);
  return results;
}

}  // namespace detail
}  // namespace tegula
