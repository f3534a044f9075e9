// sqrt and rsqrt: the hardware's.
#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// f64: correctly rounded root and quotient.
Value expand_rsqrt(Math& m, Value x) {
  if (m.is_f64()) return m.div(m.f(1), m.sqrt(x));
  return m.approximate(tile::Approximation::rsqrt, x);
}

}  // namespace

MathFunctions roots_functions() {
  return {math_function<math::SqrtOp>(program::Op::sqrt),
          math_function<math::RsqrtOp, expand_rsqrt>(program::Op::rsqrt)};
}

}  // namespace tegula::compiler
