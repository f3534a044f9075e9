// Making tiles, converting them, and changing their shapes.
#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "dsl/trace/errors.h"
#include "dsl/trace/operand.h"
#include "tegula/dsl/math.h"

namespace tegula {
namespace {

using detail::Shape;
using detail::Tracer;
using detail::ValueId;
using program::Op;
using program::Type;

/// A handle's value in the current trace.
struct Used {
  Tracer& tracer;
  ValueId value;
  Type type;  // a copy: emitting moves the table of types
};

Used use(const detail::Handle& handle, const std::source_location& at) {
  Tracer& tracer = Tracer::here(at);
  const ValueId value = tracer.use(handle.value(), handle.tracer(), at);
  return {tracer, value, tracer.type(value)};
}

std::int64_t elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

ValueId reshape(const Used& a, const Shape& shape, const std::source_location& at) {
  detail::check_tile_shape(shape, at);
  if (elements(a.type.shape) != elements(shape))
    detail::fail(at, {.problem = "reshape changes the number of elements",
                      .got = detail::to_text(a.type.shape) + " to " + detail::to_text(shape),
                      .hint = "grow extents of 1 with .expand({...})"});
  if (shape == a.type.shape) return a.value;
  if (a.type.shape.empty()) return detail::broadcast_to(a.tracer, a.value, shape, at);
  return a.tracer.emit(Op::reshape, {a.value}, {.dtype = a.type.dtype, .shape = shape}, at);
}

ValueId squeeze(const Used& a, const std::source_location& at) {
  Shape shape = a.type.shape;
  std::erase(shape, 1);
  return reshape(a, shape, at);
}

ValueId unsqueeze(const Used& a, int axis, const std::source_location& at) {
  Shape shape = a.type.shape;
  const int at_axis = detail::checked_axis(axis, shape.size() + 1, "the axis of unsqueeze", at);
  shape.insert(shape.begin() + at_axis, 1);
  return reshape(a, shape, at);
}

ValueId expand(const Used& a, const Shape& shape, const std::source_location& at) {
  detail::check_tile_shape(shape, at);
  if (detail::broadcast_shape("expand", a.type.shape, shape, at) != shape)
    detail::fail(at, {.problem = "expand cannot shrink a tile",
                      .got = detail::to_text(a.type.shape) + " to " + detail::to_text(shape)});
  return detail::broadcast_to(a.tracer, a.value, shape, at);
}

ValueId cast(const Used& a, DType dtype, const std::source_location& at) {
  if (dtype == a.type.dtype) return a.value;
  if (dtype == DType::i1)
    detail::fail(at, {.problem = "a tile does not convert to i1",
                      .got = std::string(dtype_name(a.type.dtype)),
                      .hint = "compare it, as in `t != 0`"});
  return a.tracer.emit(Op::cast, {a.value}, {.dtype = dtype, .shape = a.type.shape}, at);
}

}  // namespace

DType Tile::dtype(Location at) const { return use(*this, at).type.dtype; }
Dims Tile::shape(Location at) const { return detail::to_dims(use(*this, at).type.shape); }
int Tile::rank(Location at) const { return static_cast<int>(use(*this, at).type.shape.size()); }

Tile Tile::to(DType dtype, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, cast(a, dtype, at)};
}
Tile Tile::reshape(const Dims& shape, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::reshape(a, detail::to_shape(shape), at)};
}
Tile Tile::squeeze(Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::squeeze(a, at)};
}
Tile Tile::unsqueeze(int axis, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::unsqueeze(a, axis, at)};
}
Tile Tile::expand(const Dims& shape, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::expand(a, detail::to_shape(shape), at)};
}

Dims Mask::shape(Location at) const { return detail::to_dims(use(*this, at).type.shape); }
Tile Mask::to(DType dtype, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, cast(a, dtype, at)};
}
Mask Mask::reshape(const Dims& shape, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::reshape(a, detail::to_shape(shape), at)};
}
Mask Mask::squeeze(Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::squeeze(a, at)};
}
Mask Mask::unsqueeze(int axis, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::unsqueeze(a, axis, at)};
}
Mask Mask::expand(const Dims& shape, Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::expand(a, detail::to_shape(shape), at)};
}

Tile full(DType dtype, const Dims& dims, Operand value, std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  const Shape shape = detail::to_shape(dims);
  detail::check_tile_shape(shape, at);
  const ValueId scalar = detail::value_of(tracer, value, dtype);
  const Type type = tracer.type(scalar);
  if (type.dtype != dtype || !type.shape.empty())
    detail::fail(at, {.problem = "full wants a scalar of its dtype",
                      .got = to_string(type),
                      .wanted = std::string(dtype_name(dtype)),
                      .hint = "convert it with .to(...), or grow a tile with .expand({...})"});
  return {tracer, detail::broadcast_to(tracer, scalar, shape, at)};
}

Tile zeros(DType dtype, const Dims& shape, std::source_location at) {
  return full(dtype, shape, Operand(0, at), at);
}

Tile iota(std::int64_t n, std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  detail::check_tile_shape({n}, at);
  return {tracer, tracer.emit(Op::iota, {}, {.dtype = DType::i32, .shape = {n}}, at)};
}
Tile iota(DType dtype, std::int64_t n, std::source_location at) {
  return iota(n, at).to(dtype, at);
}

Tile sum(const Tile& tile, int axis, std::source_location at) {
  const Used a = use(tile, at);
  Type type = a.type;
  const int axis_from_left = detail::checked_axis(axis, type.shape.size(), "the axis of sum", at);
  const unsigned accepted = program::rule(Op::reduce).dtypes;
  if (!program::contains(accepted, type.dtype))
    detail::fail(at, {.problem = "sum does not take this dtype",
                      .got = std::string(dtype_name(type.dtype)),
                      .wanted = program::describe_dtypes(accepted),
                      .hint = "convert the tile with .to(...)"});
  type.shape[static_cast<std::size_t>(axis_from_left)] = 1;
  return {a.tracer,
          a.tracer.emit(Op::reduce, {a.value}, type, at,
                        {static_cast<std::int64_t>(program::ReduceKind::sum), axis_from_left})};
}

}  // namespace tegula
