// The operators of Tile and Mask, and the functions that work element by element.
#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/math.h"

namespace tegula {
namespace {

using detail::broadcast_shape;
using detail::broadcast_to;
using detail::common_dtype;
using detail::Shape;
using detail::Tracer;
using detail::value_of;
using detail::ValueId;
using program::Comparison;
using program::Op;
using program::Type;

/// The symbol is what the author wrote: "operator+", "min".
void check_dtype(Op op, std::string_view symbol, DType dtype, const std::source_location& at) {
  const unsigned accepted = program::rule(op).dtypes;
  if (program::contains(accepted, dtype)) return;
  detail::fail(at, {.problem = fmt::format("{} does not take this dtype", symbol),
                    .got = std::string(dtype_name(dtype)),
                    .wanted = program::describe_dtypes(accepted),
                    .hint = "convert the tile with .to(...)"});
}

struct Pair {
  ValueId a, b;
  Type type;
};

/// Both sides as values of one type.
Pair align(Tracer& tracer, Op op, std::string_view symbol, const Operand& a, const Operand& b) {
  const std::source_location& at = a.at();
  const DType dtype = common_dtype(tracer, symbol, {&a, &b});
  check_dtype(op, symbol, dtype, at);
  Pair pair{value_of(tracer, a, dtype), value_of(tracer, b, dtype), {.dtype = dtype}};
  pair.type.shape =
      broadcast_shape(symbol, tracer.type(pair.a).shape, tracer.type(pair.b).shape, at);
  pair.a = broadcast_to(tracer, pair.a, pair.type.shape, at);
  pair.b = broadcast_to(tracer, pair.b, pair.type.shape, at);
  return pair;
}

Tile binary(Op op, std::string_view symbol, const Operand& a, const Operand& b) {
  Tracer& tracer = Tracer::here(a.at());
  const Pair pair = align(tracer, op, symbol, a, b);
  const bool divides = op == Op::div || op == Op::rem || op == Op::cdiv;
  const bool by_zero =
      (b.kind() == Operand::Kind::integer && b.integer() == 0) || tracer.known_integer(pair.b) == 0;
  if (divides && by_zero && is_integer(pair.type.dtype))
    detail::fail(b.at(), {.problem = fmt::format("{} divides integers by zero", symbol)});
  return {tracer, tracer.emit(op, {pair.a, pair.b}, pair.type, a.at())};
}

Tile unary(Op op, std::string_view symbol, const Operand& a) {
  Tracer& tracer = Tracer::here(a.at());
  const ValueId value = value_of(tracer, a, common_dtype(tracer, symbol, {&a}));
  const Type type = tracer.type(value);
  check_dtype(op, symbol, type.dtype, a.at());
  return {tracer, tracer.emit(op, {value}, type, a.at())};
}

Mask compare(Comparison comparison, std::string_view symbol, const Operand& a, const Operand& b) {
  Tracer& tracer = Tracer::here(a.at());
  Pair pair = align(tracer, Op::compare, symbol, a, b);
  if (pair.type.dtype == DType::i1 && comparison > Comparison::ne)
    detail::fail(a.at(), {.problem = fmt::format("{} has no meaning for i1", symbol),
                          .hint = "compare with == or !="});
  pair.type.dtype = DType::i1;
  return {tracer, tracer.emit(Op::compare, {pair.a, pair.b}, pair.type, a.at(),
                              {static_cast<std::int64_t>(comparison)})};
}

Mask logic(Op op, std::string_view symbol, const MaskOperand& a, const MaskOperand& b) {
  const std::source_location& at = a.at();
  Tracer& tracer = Tracer::here(at);
  const ValueId x = tracer.use(a.value(), a.tracer(), at);
  const ValueId y = tracer.use(b.value(), b.tracer(), b.at());
  const Shape shape = broadcast_shape(symbol, tracer.type(x).shape, tracer.type(y).shape, at);
  const ValueId left = broadcast_to(tracer, x, shape, at);
  const ValueId right = broadcast_to(tracer, y, shape, at);
  return {tracer, tracer.emit(op, {left, right}, {.dtype = DType::i1, .shape = shape}, at)};
}

}  // namespace

// GCC does not apply the header's visibility to functions that only a friend declaration declares.
#pragma GCC visibility push(default)

Tile operator+(Operand a, Operand b) { return binary(Op::add, "operator+", a, b); }
Tile operator-(Operand a, Operand b) { return binary(Op::sub, "operator-", a, b); }
Tile operator*(Operand a, Operand b) { return binary(Op::mul, "operator*", a, b); }
Tile operator/(Operand a, Operand b) { return binary(Op::div, "operator/", a, b); }
Tile operator%(Operand a, Operand b) { return binary(Op::rem, "operator%", a, b); }
Tile operator&(Operand a, Operand b) { return binary(Op::bit_and, "operator&", a, b); }
Tile operator|(Operand a, Operand b) { return binary(Op::bit_or, "operator|", a, b); }
Tile operator^(Operand a, Operand b) { return binary(Op::bit_xor, "operator^", a, b); }
Tile operator<<(Operand a, Operand b) { return binary(Op::shl, "operator<<", a, b); }
Tile operator>>(Operand a, Operand b) { return binary(Op::shr, "operator>>", a, b); }
Tile operator-(Operand a) { return unary(Op::neg, "operator-", a); }

Tile& Tile::operator+=(const Operand& b) { return *this = Operand(*this, b.at()) + b; }
Tile& Tile::operator-=(const Operand& b) { return *this = Operand(*this, b.at()) - b; }
Tile& Tile::operator*=(const Operand& b) { return *this = Operand(*this, b.at()) * b; }
Tile& Tile::operator/=(const Operand& b) { return *this = Operand(*this, b.at()) / b; }
Tile& Tile::operator%=(const Operand& b) { return *this = Operand(*this, b.at()) % b; }
Tile& Tile::operator&=(const Operand& b) { return *this = Operand(*this, b.at()) & b; }
Tile& Tile::operator|=(const Operand& b) { return *this = Operand(*this, b.at()) | b; }
Tile& Tile::operator^=(const Operand& b) { return *this = Operand(*this, b.at()) ^ b; }

Tile& Tile::operator<<=(const Operand& b) { return *this = Operand(*this, b.at()) << b; }
Tile& Tile::operator>>=(const Operand& b) { return *this = Operand(*this, b.at()) >> b; }

Mask operator==(Operand a, Operand b) { return compare(Comparison::eq, "operator==", a, b); }
Mask operator!=(Operand a, Operand b) { return compare(Comparison::ne, "operator!=", a, b); }
Mask operator<(Operand a, Operand b) { return compare(Comparison::lt, "operator<", a, b); }
Mask operator<=(Operand a, Operand b) { return compare(Comparison::le, "operator<=", a, b); }
Mask operator>(Operand a, Operand b) { return compare(Comparison::gt, "operator>", a, b); }
Mask operator>=(Operand a, Operand b) { return compare(Comparison::ge, "operator>=", a, b); }

Mask operator&(MaskOperand a, MaskOperand b) { return logic(Op::bit_and, "operator&", a, b); }
Mask operator|(MaskOperand a, MaskOperand b) { return logic(Op::bit_or, "operator|", a, b); }
Mask operator^(MaskOperand a, MaskOperand b) { return logic(Op::bit_xor, "operator^", a, b); }
Mask operator!(const Mask& a) {
  const std::source_location at =
      Tracer::current() != nullptr ? Tracer::current()->last_location() : std::source_location();
  Tracer& tracer = Tracer::here(at);
  const Mask yes(tracer, tracer.constant(DType::i1, 1, at));
  return logic(Op::bit_xor, "operator!", MaskOperand(a, at), MaskOperand(yes, at));
}

Mask& Mask::operator&=(const MaskOperand& b) { return *this = MaskOperand(*this, b.at()) & b; }
Mask& Mask::operator|=(const MaskOperand& b) { return *this = MaskOperand(*this, b.at()) | b; }
Mask& Mask::operator^=(const MaskOperand& b) { return *this = MaskOperand(*this, b.at()) ^ b; }

Tile detail::elementwise(std::string_view op, const Tile& a, const std::source_location& at) {
  return unary(program::op_of(op), op, {a, at});
}

Tile min(Operand a, Operand b) { return binary(Op::minimum, "min", a, b); }
Tile max(Operand a, Operand b) { return binary(Op::maximum, "max", a, b); }
Tile cdiv(Operand a, Operand b) { return binary(Op::cdiv, "cdiv", a, b); }

Tile clamp(Operand x, Operand low, Operand high) {
  const Tile raised = binary(Op::maximum, "clamp", x, low);
  return binary(Op::minimum, "clamp", {raised, x.at()}, high);
}
Tile umulhi(Operand a, Operand b) { return binary(Op::umulhi, "umulhi", a, b); }

Tile sigmoid(const Tile& a, std::source_location at) {
  const DType dtype = a.dtype(at);
  check_dtype(Op::exp, "sigmoid", dtype, at);
  const Tile x = dtype_bits(dtype) < 32 ? a.to(f32, at) : a;
  // exp of -|x| is at most 1; the value at -|x| is 1 minus that at |x|.
  const Operand one(1, at);
  const Tile small = exp(unary(Op::neg, "sigmoid", {abs(x, at), at}), at);
  const Tile above = one / Tile(one + small);
  const Tile below = Operand(small, at) * above;
  const Mask positive = Operand(x, at) >= Tile(full(x.dtype(at), {}, Operand(0, at), at));
  return select({positive, at}, {above, at}, {below, at}).to(dtype, at);
}

Tile fma(Operand a, Operand b, Operand c) {
  const std::source_location& at = a.at();
  Tracer& tracer = Tracer::here(at);
  const DType dtype = common_dtype(tracer, "fma", {&a, &b, &c});
  check_dtype(Op::fma, "fma", dtype, at);
  ValueId values[] = {value_of(tracer, a, dtype), value_of(tracer, b, dtype),
                      value_of(tracer, c, dtype)};
  Shape shape;
  for (const ValueId v : values) shape = broadcast_shape("fma", shape, tracer.type(v).shape, at);
  for (ValueId& v : values) v = broadcast_to(tracer, v, shape, at);
  return {tracer, tracer.emit(Op::fma, {values[0], values[1], values[2]},
                              {.dtype = dtype, .shape = shape}, at)};
}

Tile select(MaskOperand mask, Operand a, Operand b) {
  const std::source_location& at = mask.at();
  Tracer& tracer = Tracer::here(at);
  const auto is = [&](Operand::Kind kind) { return a.kind() == kind || b.kind() == kind; };
  const DType dtype = is(Operand::Kind::tile)   ? common_dtype(tracer, "select", {&a, &b})
                      : is(Operand::Kind::real) ? DType::f32
                                                : DType::i32;
  check_dtype(Op::select, "select", dtype, at);
  ValueId values[] = {tracer.use(mask.value(), mask.tracer(), at), value_of(tracer, a, dtype),
                      value_of(tracer, b, dtype)};
  Shape shape;
  for (const ValueId v : values) shape = broadcast_shape("select", shape, tracer.type(v).shape, at);
  for (ValueId& v : values) v = broadcast_to(tracer, v, shape, at);
  return {tracer, tracer.emit(Op::select, {values[0], values[1], values[2]},
                              {.dtype = dtype, .shape = shape}, at)};
}

#pragma GCC visibility pop

}  // namespace tegula
