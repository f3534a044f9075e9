// Making tiles, converting them, and changing their shapes.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
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

ValueId permute(const Used& a, const Shape& permutation, const std::source_location& at) {
  Type type = a.type;
  Shape sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  Shape identity(type.shape.size());
  std::iota(identity.begin(), identity.end(), 0);
  if (sorted != identity)
    detail::fail(at, {.problem = "transpose wants each dimension once",
                      .got = to_string(detail::to_dims(permutation)),
                      .wanted = "a permutation of " + to_string(detail::to_dims(identity))});
  if (permutation == identity) return a.value;
  for (std::size_t i = 0; i < permutation.size(); ++i)
    type.shape[i] = a.type.shape[static_cast<std::size_t>(permutation[i])];
  return a.tracer.emit(Op::transpose, {a.value}, type, at, permutation);
}

ValueId transposed(const Used& a, const std::source_location& at) {
  if (a.type.shape.size() != 2)
    detail::fail(at, {.problem = ".T() transposes tiles of rank 2",
                      .got = detail::to_text(a.type.shape),
                      .hint = "say which dimension goes where, as in transpose(t, {1, 0, 2})"});
  return permute(a, {1, 0}, at);
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

Tile Tile::T(Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::transposed(a, at)};
}
Mask Mask::T(Location at) const {
  const Used a = use(*this, at);
  return {a.tracer, tegula::transposed(a, at)};
}

Tile transpose(const Tile& tile, const Dims& permutation, std::source_location at) {
  const Used a = use(tile, at);
  return {a.tracer, permute(a, detail::to_shape(permutation), at)};
}

Tile join(Operand a, Operand b) {
  const std::source_location& at = a.at();
  Tracer& tracer = Tracer::here(at);
  const DType dtype = detail::common_dtype(tracer, "join", {&a, &b});
  ValueId values[] = {detail::value_of(tracer, a, dtype), detail::value_of(tracer, b, dtype)};
  const Shape shape = detail::broadcast_shape("join", tracer.type(values[0]).shape,
                                              tracer.type(values[1]).shape, at);
  if (shape.empty())
    detail::fail(
        at, {.problem = "join has two scalars", .hint = "make a tile of one with .reshape({1})"});
  for (ValueId& value : values) value = detail::broadcast_to(tracer, value, shape, at);
  Shape joined = shape;
  joined.push_back(2);
  detail::check_tile_shape(joined, at);
  return {tracer,
          tracer.emit(Op::join, {values[0], values[1]}, {.dtype = dtype, .shape = joined}, at)};
}

std::pair<Tile, Tile> split(const Tile& tile, std::source_location at) {
  const Used a = use(tile, at);
  if (a.type.shape.size() < 2 || a.type.shape.back() != 2)
    detail::fail(at, {.problem = "split wants a last extent of 2 and one more dimension",
                      .got = detail::to_text(a.type.shape),
                      .hint = "change the shape with .reshape({...}) first"});
  Type half = a.type;
  half.shape.pop_back();
  const std::vector<ValueId> halves = a.tracer.emit_all(Op::split, {a.value}, {half, half}, at);
  return {Tile(a.tracer, halves[0]), Tile(a.tracer, halves[1])};
}

Tile cat(Operand a, Operand b, int axis) {
  const std::source_location& at = a.at();
  const Tile both = join(a, b);
  const Shape joined = detail::to_shape(both.shape(at));
  const auto rank = joined.size() - 1;
  const auto first =
      static_cast<std::size_t>(detail::checked_axis(axis, rank, "the axis of cat", at));
  // The new axis goes before `axis`, and the two become one.
  Shape permutation, shape;
  for (std::size_t i = 0; i < rank; ++i) {
    if (i == first) permutation.push_back(static_cast<std::int64_t>(rank));
    permutation.push_back(static_cast<std::int64_t>(i));
    shape.push_back(i == first ? 2 * joined[i] : joined[i]);
  }
  return transpose(both, detail::to_dims(permutation), at).reshape(detail::to_dims(shape), at);
}

}  // namespace tegula
