// Shared by all parts of the import: the values made so far, and the creation of types and
// constants.
#pragma once

#include <string>
#include <vector>

#include "dsl/program/program.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace tegula::compiler {

class ImportedValues {
 public:
  ImportedValues(mlir::MLIRContext& context, const program::Program& program)
      : program_(program), builder_(&context), values_(program.types.size()) {}

 protected:
  using Instruction = program::Instruction;

  /// For the eight-bit floats the type of their codes, i8.
  mlir::Type element_type(DType dtype);
  /// A ranked tensor, or for rank 0 the element's type.
  mlir::Type tile_type(const program::Type& type);
  /// The instruction's line. Errors name it until the next call.
  mlir::Location location(const Instruction& instruction);

  mlir::Value operand(const Instruction& i, std::size_t k) { return values_.at(i.operands.at(k)); }
  llvm::SmallVector<mlir::Value> operands_from(const Instruction& i, std::size_t first);
  const program::Type& operand_type(const Instruction& i, std::size_t k) {
    return program_.types.at(i.operands.at(k));
  }
  const program::Type& result_type(const Instruction& i) { return program_.types.at(i.results[0]); }

  /// A scalar; `bits` as in a Program's constant.
  mlir::Value constant(mlir::Location loc, DType dtype, std::int64_t bits);
  /// A constant tile (or scalar) of the type.
  mlir::Value constant_like(const program::Type& type, mlir::Location loc, std::int64_t bits);

  [[noreturn]] void cannot_lower(const Instruction& i);

  const program::Program& program_;
  mlir::OpBuilder builder_;
  std::vector<mlir::Value> values_;  ///< by ValueId
  std::string where_;                ///< the line of the current instruction
};

}  // namespace tegula::compiler
