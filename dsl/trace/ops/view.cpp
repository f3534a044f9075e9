// Loads and stores of tiles through views.
#include <algorithm>
#include <bit>
#include <numeric>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/access.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/parameter.h"

namespace tegula {
namespace {

using detail::Shape;
using detail::Tracer;
using detail::ValueId;
using program::Op;
using program::Parameter;
using program::Type;

std::vector<ValueId> coordinates_of(Tracer& tracer, const std::string& name, std::size_t rank,
                                    std::initializer_list<Operand> coordinates,
                                    const std::source_location& at) {
  if (coordinates.size() != rank)
    detail::fail(at, {.argument = name,
                      .problem = "the tile coordinates do not match the view's rank",
                      .got = std::to_string(coordinates.size()),
                      .wanted = std::to_string(rank)});
  std::vector<ValueId> values;
  for (const Operand& coordinate : coordinates)
    values.push_back(detail::i32_scalar(tracer, coordinate, "a tile coordinate"));
  return values;
}

/// Checks that the tile broadcasts to the view's tiles.
void check_stored_shape(const Parameter& parameter, const Shape& tile, const Shape& view,
                        const std::source_location& at) {
  const auto fits = [](std::int64_t extent, std::int64_t wanted) {
    return extent == 1 || extent == wanted;
  };
  if (tile.size() <= view.size() && std::equal(tile.rbegin(), tile.rend(), view.rbegin(), fits))
    return;
  const auto elements = [](const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  };
  std::string hint;
  if (tile.size() == 2 && Shape(tile.rbegin(), tile.rend()) == view)
    hint = "transpose the tile with .T()";
  else if (elements(tile) == elements(view))
    hint = fmt::format("give the tile the view's shape: .reshape({{{}}})", fmt::join(view, ", "));
  else if (tile.size() == view.size())
    hint = fmt::format("cut the tensor into the tile's shape: {}.tiles({{{}}})", parameter.name,
                       fmt::join(tile, ", "));
  detail::fail(at, {.argument = parameter.name,
                    .problem = "the tile has not the shape of the view's tiles",
                    .got = detail::to_text(tile),
                    .wanted = detail::to_text(view) + ", or what broadcasts to it",
                    .hint = std::move(hint)});
}

}  // namespace

View TensorParameter::tiles(const Dims& shape, Location at) const {
  return NarrowedTensor(slot_.index).tiles(shape, at);
}

NarrowedTensor TensorParameter::narrow(int dim, Operand start, Operand length, Location at) const {
  return NarrowedTensor(slot_.index).narrow(dim, start, length, at);
}

View NarrowedTensor::tiles(const Dims& shape, Location at) const {
  const Parameter& parameter = detail::tensor(Tracer::here(at), parameter_, at);
  detail::check_tile_shape(detail::to_shape(shape), at);
  if (shape.size() != parameter.extents.size())
    detail::fail(at,
                 {.argument = parameter.name,
                  .problem = "the tiles are not of the tensor's rank",
                  .got = fmt::format("{}, of rank {}", to_string(shape), shape.size()),
                  .wanted = fmt::format("rank {}", parameter.extents.size()),
                  .hint = "give one extent for each dimension; 1 where a tile has one element"});
  return View(parameter_, shape, narrowings_);
}

NarrowedTensor NarrowedTensor::narrow(int dim, Operand start, Operand length, Location at) const {
  Tracer& tracer = Tracer::here(at);
  const Parameter& parameter = detail::tensor(tracer, parameter_, at);
  const int d = detail::checked_axis(dim, parameter.extents.size(), "the dimension", at);
  for (const detail::Narrowing& narrowing : narrowings_)
    if (narrowing.dimension == d)
      detail::fail(at, {.argument = parameter.name,
                        .problem = fmt::format("dimension {} is narrowed twice", d),
                        .hint = "add the starts, and narrow once"});
  NarrowedTensor narrowed = *this;
  narrowed.narrowings_.push_back(
      {d, Tile(tracer, detail::i32_scalar(tracer, start, "the start of narrow")),
       Tile(tracer, detail::i32_scalar(tracer, length, "the length of narrow"))});
  return narrowed;
}

View View::pad(double value, Location at) const {
  const Parameter& parameter = Tracer::here(at).parameter(parameter_);
  const bool whole = value >= -9.2e18 && value <= 9.2e18 &&
                     value == static_cast<double>(static_cast<std::int64_t>(value));
  if (!is_float(parameter.dtype) &&
      !(whole && program::fits(parameter.dtype, static_cast<std::int64_t>(value))))
    detail::fail(at, {.argument = parameter.name,
                      .problem = "the tensor's dtype cannot hold the pad value",
                      .got = fmt::format("{}", value),
                      .wanted = fmt::format("a value of {}", dtype_name(parameter.dtype))});
  View padded = *this;
  // +0.0 and -0.0 are different pads; all NaNs are the same.
  padded.pad_ = value == value ? value : std::numeric_limits<double>::quiet_NaN();
  return padded;
}

View View::in_bounds() const {
  View promised = *this;
  promised.in_bounds_ = true;
  return promised;
}

/// A view of a whole tensor is the same everywhere; one of a part depends on values made here.
ValueId View::make(Tracer& tracer, double pad, Location at) const {
  const Type type{Type::Kind::view, tracer.parameter(parameter_).dtype, detail::to_shape(shape_)};
  std::int64_t narrowed = 0;
  std::vector<ValueId> operands;
  for (std::size_t d = 0; d < shape_.size(); ++d)
    for (const detail::Narrowing& narrowing : narrowings_) {
      if (narrowing.dimension != static_cast<int>(d)) continue;
      narrowed |= std::int64_t{1} << d;
      for (const Tile* value : {&narrowing.start, &narrowing.length})
        operands.push_back(tracer.use(value->value(), value->tracer(), at));
    }
  std::vector<std::int64_t> attributes = {parameter_, std::bit_cast<std::int64_t>(pad), in_bounds_,
                                          narrowed};
  if (operands.empty()) return tracer.leaf(Op::view, type, std::move(attributes), at);
  return tracer.emit(Op::view, std::move(operands), type, at, std::move(attributes));
}

Tile View::load(std::initializer_list<Operand> coordinates, Location at) const {
  Tracer& tracer = Tracer::here(at);
  const Parameter& parameter = tracer.parameter(parameter_);
  detail::need_readable(tracer, parameter, "a load from an Out tensor", at);
  const Shape shape = detail::to_shape(shape_);
  std::vector<ValueId> operands =
      coordinates_of(tracer, parameter.name, shape.size(), coordinates, at);
  operands.insert(operands.begin(), make(tracer, pad_, at));
  return {tracer, tracer.emit(Op::load, std::move(operands),
                              {.dtype = parameter.dtype, .shape = shape}, at)};
}

void View::store(Operand operand, std::initializer_list<Operand> coordinates, Location at) const {
  Tracer& tracer = Tracer::here(at);
  const Parameter& parameter = tracer.parameter(parameter_);
  detail::need_writable(tracer, parameter, "a store to an In tensor", at);
  ValueId tile = detail::value_of(tracer, operand, parameter.dtype);
  if (tracer.type(tile).dtype != parameter.dtype)
    detail::fail(at, {.argument = parameter.name,
                      .problem = "the tile is not of the tensor's dtype",
                      .got = to_string(tracer.type(tile)),
                      .wanted = std::string(dtype_name(parameter.dtype)),
                      .hint = fmt::format("convert it with .to({}.dtype())", parameter.name)});
  const Shape shape = detail::to_shape(shape_);
  check_stored_shape(parameter, tracer.type(tile).shape, shape, at);
  tile = detail::broadcast_to(tracer, tile, shape, at);
  std::vector<ValueId> operands =
      coordinates_of(tracer, parameter.name, shape.size(), coordinates, at);
  // The pad value matters only to loads.
  const ValueId target = make(tracer, 0, at);
  operands.insert(operands.begin(), {tile, target});
  tracer.emit_all(Op::store, std::move(operands), {}, at);
}

}  // namespace tegula
