// From the operands of an operator, as the author wrote them, to values of one type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/trace/core/tracer.h"
#include "tegula/dsl/tile.h"

namespace tegula::detail {

using Shape = std::vector<std::int64_t>;

Shape to_shape(const Dims& dims);
Dims to_dims(const Shape& shape);
/// "1x64"; "scalar".
std::string to_text(const Shape& shape);

/// Throws Error{kernel} unless every extent is a power of two and there are at most 1 Mi elements.
void check_tile_shape(const Shape& shape, const std::source_location& at);

/// A tensor parameter. Throws Error{kernel} if the caller left it out.
program::Parameter& tensor(Tracer& tracer, std::uint32_t index, const std::source_location& at);

/// A dimension or an axis counted from either end. Throws Error{kernel} if it is out of range.
int checked_axis(int axis, std::size_t rank, std::string_view what, const std::source_location& at);

/// The value of an operand; a literal becomes a scalar of `dtype`, that of the other side. Throws
/// Error{kernel} if the literal does not fit.
ValueId value_of(Tracer& tracer, const Operand& operand, DType dtype);
/// The dtype that the operands share; a literal has none. Throws Error{kernel} naming both if they
/// differ.
DType common_dtype(const Tracer& tracer, std::string_view op,
                   std::initializer_list<const Operand*> operands);
/// Throws Error{kernel} unless it is an i32 scalar or a whole number. `what`: "a coordinate".
ValueId i32_scalar(Tracer& tracer, const Operand& operand, std::string_view what);

/// The shape that numpy's rules give. Throws Error{kernel} naming both shapes if there is none.
Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b,
                      const std::source_location& at);
/// `value` broadcast to `shape` by explicit instructions.
ValueId broadcast_to(Tracer& tracer, ValueId value, const Shape& shape,
                     const std::source_location& at);

}  // namespace tegula::detail
