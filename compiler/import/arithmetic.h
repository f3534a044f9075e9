// Import of elementwise instructions: arithmetic, comparisons, conversions, functions.
#pragma once

#include "compiler/import/values.h"

namespace tegula::compiler {

class ArithmeticImporter : public ImportedValues {
 public:
  using ImportedValues::ImportedValues;

 protected:
  /// The value of an elementwise instruction, on tiles or scalars. Throws Error{unsupported} for
  /// any other instruction, and for one that has no lowering.
  mlir::Value arithmetic(const Instruction& i, mlir::Location loc);

 private:
  struct Division {
    mlir::Value quotient, remainder;  ///< one of them is dead
  };

  // import_conversion.cpp; `to` has the value's shape.
  mlir::Value convert(mlir::Value value, DType from, program::Type to, mlir::Location loc);
  mlir::Value wide_integer_to_bf16(mlir::Value value, DType from, const program::Type& to,
                                   mlir::Location loc);

  mlir::Value compare(const Instruction& i, mlir::Location loc);
  mlir::Value umulhi(const Instruction& i, mlir::Location loc);
  mlir::Value shift(const Instruction& i, mlir::Location loc);
  Division divide(const Instruction& i, mlir::Location loc);
  mlir::Value cdiv(const Instruction& i, mlir::Location loc);
  template <class Float, class Signed, class Unsigned>
  mlir::Value by_kind(const Instruction& i, mlir::Location loc);
};

}  // namespace tegula::compiler
