#include "compiler/import/values.h"

#include <fmt/format.h>

#include <bit>

#include "compiler/ir/dialect.h"
#include "compiler/math/f8.h"
#include "tegula/error.h"

using namespace mlir;

namespace tegula::compiler {

mlir::Type ImportedValues::element_type(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return builder_.getF16Type();
    case DType::bf16:
      return builder_.getBF16Type();
    case DType::f32:
      return builder_.getF32Type();
    case DType::f64:
      return builder_.getF64Type();
    case DType::f8e4m3:
    case DType::f8e5m2:
      return builder_.getI8Type();  // their codes
    default:
      return builder_.getIntegerType(dtype_bits(dtype));
  }
}

mlir::Type ImportedValues::tile_type(const program::Type& type) {
  mlir::Type element = element_type(type.dtype);
  if (type.shape.empty()) return element;
  return RankedTensorType::get(type.shape, element);
}

Location ImportedValues::location(const Instruction& instruction) {
  if (instruction.location >= program_.locations.size()) return builder_.getUnknownLoc();
  const auto& at = program_.locations[instruction.location];
  where_ = program::describe_location(program_, at);
  return FileLineColLoc::get(builder_.getContext(), program_.files.at(at.file), at.line, at.column);
}

llvm::SmallVector<Value> ImportedValues::operands_from(const Instruction& i, std::size_t first) {
  llvm::SmallVector<Value> result;
  for (std::size_t k = first; k < i.operands.size(); ++k) result.push_back(operand(i, k));
  return result;
}

Value ImportedValues::constant(Location loc, DType dtype, std::int64_t bits) {
  mlir::Type type = element_type(dtype);
  if (is_float(dtype) && dtype_bits(dtype) == 8)
    bits = static_cast<std::int8_t>(f8_code(dtype, std::bit_cast<double>(bits)));
  else if (is_float(dtype))
    return arith::ConstantOp::create(builder_, loc,
                                     builder_.getFloatAttr(type, std::bit_cast<double>(bits)));
  return arith::ConstantOp::create(builder_, loc, builder_.getIntegerAttr(type, bits));
}

Value ImportedValues::constant_like(const program::Type& type, Location loc, std::int64_t bits) {
  Value scalar = constant(loc, type.dtype, bits);
  if (type.shape.empty()) return scalar;
  return tile::SplatOp::create(builder_, loc, tile_type(type), scalar);
}

[[noreturn]] void ImportedValues::cannot_lower(const Instruction& i) {
  throw Error(ErrorCode::unsupported, {.where = where_,
                                       .problem = fmt::format("the compiler cannot lower `{}` yet",
                                                              program::op_name(i.op))});
}

}  // namespace tegula::compiler
