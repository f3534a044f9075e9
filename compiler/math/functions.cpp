#include "compiler/math/functions.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tegula::compiler {

#define TEGULA_FAMILY(name) MathFunctions name##_functions();
#include "compiler/math/functions/families.inc"
#undef TEGULA_FAMILY

namespace {

const MathFunctions& all_functions() {
  static const MathFunctions functions = [] {
    MathFunctions all;
#define TEGULA_FAMILY(name) llvm::append_range(all, name##_functions());
#include "compiler/math/functions/families.inc"
#undef TEGULA_FAMILY
    return all;
  }();
  return functions;
}

}  // namespace

const MathFunction* find_math_function(program::Op op) {
  for (const MathFunction& function : all_functions())
    if (function.op == op) return &function;
  return nullptr;
}

void add_math_expansions(RewritePatternSet& patterns) {
  for (const MathFunction& function : all_functions())
    if (function.add_expansion != nullptr) function.add_expansion(patterns);
}

void expand(Operation* op, Expansion expansion, PatternRewriter& rewriter) {
  const Location loc = op->getLoc();
  Value x = op->getOperand(0);
  const Type type = x.getType();
  Math m(rewriter, loc, type);
  const bool narrow = type != m.real_type();
  if (narrow) x = arith::ExtFOp::create(rewriter, loc, m.real_type(), x);
  Value result = expansion(m, x);
  if (narrow) result = arith::TruncFOp::create(rewriter, loc, type, result);
  rewriter.replaceOp(op, result);
}

}  // namespace tegula::compiler
