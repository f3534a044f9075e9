#include "dsl/trace/simplify/fold.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "dsl/program/limits.h"

namespace tegula::detail {

using program::Op;

namespace {

std::optional<std::int64_t> checked(Op op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case Op::add:
      return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::sub:
      return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::mul:
      return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
    case Op::div:
    case Op::rem:
      if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) break;
      return op == Op::div ? a / b : a % b;
    case Op::cdiv:
      if (b <= 0) break;
      return a / b + (a % b > 0 ? 1 : 0);
    case Op::minimum:
      return std::min(a, b);
    case Op::maximum:
      return std::max(a, b);
    case Op::bit_and:
      return a & b;
    case Op::bit_or:
      return a | b;
    case Op::bit_xor:
      return a ^ b;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> fold_integers(Op op, DType dtype, std::int64_t a, std::int64_t b) {
  if (dtype == DType::u64) return std::nullopt;  // its constants are bits, not values
  const std::optional<std::int64_t> result = checked(op, a, b);
  return result && program::fits(dtype, *result) ? result : std::nullopt;
}

std::optional<std::int64_t> fold_cast(std::int64_t value, DType from, DType to) {
  if (from == DType::u64 || to == DType::u64) return std::nullopt;
  if (is_integer(to)) return program::fits(to, value) ? std::optional(value) : std::nullopt;
  if (to == DType::f32)
    return std::bit_cast<std::int64_t>(static_cast<double>(static_cast<float>(value)));
  if (to == DType::f64) return std::bit_cast<std::int64_t>(static_cast<double>(value));
  return std::nullopt;
}

}  // namespace tegula::detail
