// Math functions. A family is a file functions/NAME.cpp, which defines NAME_functions(): for each
// function, the operation of a Program that it is, its operation of the math dialect, and what that
// becomes.
//
// Expansions take and give f32 or f64; the bounds are in docs/language.md. Coefficients without a
// source are minimax fits by Remez's algorithm, in 50 digits, of the error relative to the
// function.
#pragma once

#include <vector>

#include "compiler/math/builder.h"
#include "dsl/program/program.h"
#include "mlir/IR/PatternMatch.h"

namespace tegula::compiler {

/// A function of one number, elementwise.
struct MathFunction {
  program::Op op;
  mlir::Value (*create)(mlir::OpBuilder& builder, mlir::Location loc, mlir::Value x);
  /// Adds the pattern that replaces it by arithmetic; null where LLVM has an instruction.
  void (*add_expansion)(mlir::RewritePatternSet& patterns);
};
using MathFunctions = std::vector<MathFunction>;

/// The function of a Program's operation, or null.
const MathFunction* find_math_function(program::Op op);
/// The patterns of all of them.
void add_math_expansions(mlir::RewritePatternSet& patterns);

using Expansion = mlir::Value (*)(Math& m, mlir::Value x);
/// Replaces an operation on one number; f16 and bf16 go through f32 and are rounded once.
void expand(mlir::Operation* op, Expansion expansion, mlir::PatternRewriter& rewriter);

/// A row of a family's table: `MathOp`, kept or replaced by `expansion`.
template <class MathOp>
MathFunction math_function(program::Op op) {
  return {op,
          [](mlir::OpBuilder& builder, mlir::Location loc, mlir::Value x) -> mlir::Value {
            return MathOp::create(builder, loc, x);
          },
          nullptr};
}
template <class MathOp, Expansion expansion>
MathFunction math_function(program::Op op) {
  struct Pattern : mlir::OpRewritePattern<MathOp> {
    using mlir::OpRewritePattern<MathOp>::OpRewritePattern;
    mlir::LogicalResult matchAndRewrite(MathOp found,
                                        mlir::PatternRewriter& rewriter) const override {
      expand(found, expansion, rewriter);
      return mlir::success();
    }
  };
  MathFunction function = math_function<MathOp>(op);
  function.add_expansion = [](mlir::RewritePatternSet& patterns) {
    patterns.add<Pattern>(patterns.getContext());
  };
  return function;
}

// Functions that other families use as well.

/// exp(x) of f64 for -700 < x < 700, or NaN (exponential.cpp).
mlir::Value exp_of_moderate(Math& m, mlir::Value x);

}  // namespace tegula::compiler
