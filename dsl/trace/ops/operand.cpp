#include "dsl/trace/ops/operand.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"

namespace tegula::detail {

using program::Op;
using program::Type;

Shape to_shape(const Dims& dims) { return {dims.begin(), dims.end()}; }
Dims to_dims(const Shape& shape) { return Dims(std::span<const std::int64_t>(shape)); }
std::string to_text(const Shape& shape) { return to_string(to_dims(shape)); }

void check_tile_shape(const Shape& shape, const std::source_location& at) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) {
    if (extent <= 0 || !std::has_single_bit(static_cast<std::uint64_t>(extent)))
      fail(at, {.problem = "a tile's extents are powers of two",
                .got = to_text(shape),
                .hint = "take the next power of two: what lies outside the tensor is masked"});
    if (extent > program::max_tile_elements || elements * extent > program::max_tile_elements)
      fail(at, {.problem = "a tile has too many elements",
                .got = to_text(shape),
                .wanted = fmt::format("at most {}", program::max_tile_elements)});
    elements *= extent;
  }
}

int checked_axis(int axis, std::size_t rank, std::string_view what,
                 const std::source_location& at) {
  const int n = static_cast<int>(rank);
  if (axis < -n || axis >= n)
    fail(at, {.problem = fmt::format("{} is out of range", what),
              .got = std::to_string(axis),
              .wanted = n == 0 ? "none: it is a scalar" : fmt::format("{} to {}", -n, n - 1)});
  return axis < 0 ? axis + n : axis;
}

namespace {

/// A literal as a constant of `dtype`.
ValueId literal(Tracer& tracer, const Operand& operand, DType dtype) {
  const std::source_location& at = operand.at();
  const std::string name(dtype_name(dtype));
  if (is_float(dtype)) {
    double value = operand.kind() == Operand::Kind::real ? operand.real()
                   : operand.beyond_i64()
                       ? static_cast<double>(static_cast<std::uint64_t>(operand.integer()))
                       : static_cast<double>(operand.integer());
    // One constant for one value: 0.1 and 0.1f are the same f32.
    if (dtype == DType::f32) value = static_cast<double>(static_cast<float>(value));
    if (value != value) value = std::numeric_limits<double>::quiet_NaN();
    return tracer.constant(dtype, std::bit_cast<std::int64_t>(value), at);
  }
  if (operand.kind() == Operand::Kind::real)
    fail(at, {.problem = "a literal with a fraction beside an integer tile",
              .got = fmt::format("{}", operand.real()),
              .wanted = "a whole number for " + name,
              .hint = "convert the tile with .to(f32), or write a whole number"});
  const bool holds = operand.beyond_i64() ? dtype == DType::u64
                                          : program::fits(dtype, operand.integer()) &&
                                                (dtype != DType::u64 || operand.integer() >= 0);
  if (!holds)
    fail(at, {.problem = "a literal is out of range for " + name,
              .got = operand.beyond_i64()
                         ? std::to_string(static_cast<std::uint64_t>(operand.integer()))
                         : std::to_string(operand.integer()),
              .hint = "convert the tile to a wider dtype first"});
  return tracer.constant(dtype, operand.integer(), at);
}

}  // namespace

ValueId value_of(Tracer& tracer, const Operand& operand, DType dtype) {
  if (operand.kind() != Operand::Kind::tile) return literal(tracer, operand, dtype);
  return tracer.use(operand.value(), operand.tracer(), operand.at());
}

DType common_dtype(const Tracer& tracer, std::string_view op,
                   std::initializer_list<const Operand*> operands) {
  const Operand* first = nullptr;
  DType dtype = DType::f32;
  for (const Operand* operand : operands) {
    if (operand->kind() != Operand::Kind::tile) continue;
    const DType d =
        tracer.type(tracer.use(operand->value(), operand->tracer(), operand->at())).dtype;
    if (first == nullptr) {
      first = operand;
      dtype = d;
    } else if (d != dtype) {
      fail(first->at(), {.problem = fmt::format("{} has operands of two dtypes", op),
                         .got = fmt::format("{} and {}", dtype_name(dtype), dtype_name(d)),
                         .hint = fmt::format("convert one of them, as in .to({})",
                                             dtype_name(is_float(d) ? d : dtype))});
    }
  }
  if (first == nullptr)
    fail((*operands.begin())->at(),
         {.problem = fmt::format("{} has no tile among its operands", op),
          .hint = "compute with host numbers by C++'s own functions, such as std::min"});
  return dtype;
}

ValueId i32_scalar(Tracer& tracer, const Operand& operand, std::string_view what) {
  const ValueId value = value_of(tracer, operand, DType::i32);
  const Type& type = tracer.type(value);
  if (type.dtype != DType::i32 || !type.shape.empty())
    fail(operand.at(), {.problem = fmt::format("{} is no i32 scalar", what),
                        .got = to_string(type),
                        .wanted = "i32",
                        .hint = type.shape.empty() ? "convert it with .to(i32)" : ""});
  return value;
}

Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b,
                      const std::source_location& at) {
  Shape shape(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 1; i <= shape.size(); ++i) {
    const std::int64_t x = i <= a.size() ? a[a.size() - i] : 1;
    const std::int64_t y = i <= b.size() ? b[b.size() - i] : 1;
    if (x != y && x != 1 && y != 1)
      fail(at, {.problem = fmt::format("{} has operands whose shapes do not broadcast", op),
                .got = fmt::format("{} and {}", to_text(a), to_text(b)),
                .wanted = fmt::format("equal extents, or 1, in dimension -{}", i),
                .hint = "insert a dimension with .unsqueeze(axis) or change the shape with "
                        ".reshape({...})"});
    shape[shape.size() - i] = std::max(x, y);
  }
  check_tile_shape(shape, at);
  return shape;
}

ValueId broadcast_to(Tracer& tracer, ValueId value, const Shape& shape,
                     const std::source_location& at) {
  Type type = tracer.type(value);
  if (type.shape == shape) return value;
  if (type.shape.empty()) {
    // A scalar that was squeezed out of a tile of one element: broadcast the tile, which is in
    // registers like the result, rather than the scalar taken out of it.
    const program::Instruction* squeezed = tracer.definition(value, Op::reshape);
    if (squeezed == nullptr)
      return tracer.emit(Op::splat, {value}, {.dtype = type.dtype, .shape = shape}, at);
    value = squeezed->operands[0];
    type = tracer.type(value);
  }
  if (type.shape.size() != shape.size()) {
    Shape same_rank(shape.size(), 1);
    const std::size_t n = std::min(type.shape.size(), shape.size());
    std::copy_n(type.shape.end() - static_cast<std::ptrdiff_t>(n), n,
                same_rank.end() - static_cast<std::ptrdiff_t>(n));
    type.shape = std::move(same_rank);
    value = tracer.emit(Op::reshape, {value}, type, at);
  }
  if (type.shape == shape) return value;
  type.shape = shape;
  return tracer.emit(Op::broadcast, {value}, type, at);
}

}  // namespace tegula::detail
