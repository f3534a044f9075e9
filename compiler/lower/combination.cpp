#include "compiler/lower/combination.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Clones the operation with vectors of `count` elements instead of scalars. Constants become
/// splats.
void clone_on_vectors(Code& code, Operation& op, std::int64_t count, IRMapping& mapping) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    const VectorType type = vector_of(constant.getType(), count);
    mapping.map(constant.getResult(),
                LLVM::ConstantOp::create(code.builder(), op.getLoc(), type,
                                         DenseElementsAttr::get(type, constant.getValue()))
                    .getResult());
    return;
  }
  Operation* copy = code.builder().clone(op, mapping);
  for (Value result : copy->getResults()) result.setType(vector_of(result.getType(), count));
}

}  // namespace

Values apply_combination(Code& code, Region& region, const Values& left, const Values& right) {
  const std::int64_t count = length_of(left[0]);
  Block& block = region.front();
  IRMapping mapping;
  for (std::size_t k = 0; k < left.size(); ++k) {
    mapping.map(block.getArgument(static_cast<unsigned>(k)), left[k]);
    mapping.map(block.getArgument(static_cast<unsigned>(left.size() + k)), right[k]);
  }
  for (Operation& op : block.without_terminator()) clone_on_vectors(code, op, count, mapping);
  Values result;
  for (Value value : block.getTerminator()->getOperands()) result.push_back(mapping.lookup(value));
  return result;
}

bool is_symmetric(Region& region) {
  Block& block = region.front();
  if (block.getNumArguments() != 2) return false;
  Operation* op = block.getTerminator()->getOperand(0).getDefiningOp();
  return op != nullptr && op->hasTrait<OpTrait::IsCommutative>() && op->getNumOperands() == 2 &&
         ((op->getOperand(0) == block.getArgument(0) &&
           op->getOperand(1) == block.getArgument(1)) ||
          (op->getOperand(0) == block.getArgument(1) && op->getOperand(1) == block.getArgument(0)));
}

Values pick(Code& code, const Values& values, llvm::ArrayRef<std::int32_t> indices) {
  Values result;
  for (Value value : values) result.push_back(code.shuffle(value, indices));
  return result;
}

Values select(Code& code, Value mask, const Values& a, const Values& b) {
  Values result;
  for (auto [x, y] : llvm::zip(a, b))
    result.push_back(LLVM::SelectOp::create(code.builder(), code.loc(), mask, x, y));
  return result;
}

Value combine(Code& code, tile::ReduceKind kind, Value a, Value b) {
  OpBuilder& builder = code.builder();
  const Location loc = code.loc();
  const bool floating = isa<FloatType>(getElementTypeOrSelf(a.getType()));
  switch (kind) {
    case tile::ReduceKind::sum:
      return floating ? Value(LLVM::FAddOp::create(builder, loc, a, b)) : code.add(a, b);
    case tile::ReduceKind::min:
      return floating ? Value(LLVM::MinimumOp::create(builder, loc, a, b))
                      : Value(LLVM::SMinOp::create(builder, loc, a, b));
    case tile::ReduceKind::max:
      return floating ? Value(LLVM::MaximumOp::create(builder, loc, a, b))
                      : Value(LLVM::SMaxOp::create(builder, loc, a, b));
    case tile::ReduceKind::umin:
      return LLVM::UMinOp::create(builder, loc, a, b);
    case tile::ReduceKind::umax:
      return LLVM::UMaxOp::create(builder, loc, a, b);
    case tile::ReduceKind::bit_and:
      return code.bit_and(a, b);
    case tile::ReduceKind::bit_or:
      return LLVM::OrOp::create(builder, loc, a, b);
    case tile::ReduceKind::bit_xor:
      return code.bit_xor(a, b);
  }
  llvm_unreachable("unknown reduction");
}

}  // namespace tegula::compiler
