// floor and ceil: one instruction each.
#include "compiler/math/functions.h"

using namespace mlir;

namespace tegula::compiler {

MathFunctions rounding_functions() {
  return {math_function<math::FloorOp>(program::Op::floor),
          math_function<math::CeilOp>(program::Op::ceil)};
}

}  // namespace tegula::compiler
