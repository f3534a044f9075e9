#include "compiler/passes/combination.h"

#include <algorithm>
#include <numeric>

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

std::int64_t length_of(Value vector) { return cast<VectorType>(vector.getType()).getNumElements(); }

/// The operation with vectors of `count` elements for scalars. Constants become splats.
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

/// An element as the 32-bit words in which it travels between lanes, and back.
llvm::SmallVector<Value> to_words(Code& code, Value element) {
  const unsigned bits = element.getType().getIntOrFloatBitWidth();
  if (bits == 32) return {code.bitcast(element, code.i32())};
  if (bits == 64) {
    const Value pair = code.bitcast(element, vector_of(code.i32(), 2));
    return {code.extract(pair, 0), code.extract(pair, 1)};
  }
  const Value integer = code.bitcast(element, code.builder().getIntegerType(bits));
  return {LLVM::ZExtOp::create(code.builder(), code.loc(), code.i32(), integer)};
}
Value from_words(Code& code, llvm::ArrayRef<Value> words, Type type) {
  const unsigned bits = type.getIntOrFloatBitWidth();
  if (bits == 32) return code.bitcast(words[0], type);
  if (bits == 64) {
    const Value none = LLVM::PoisonOp::create(code.builder(), code.loc(), vector_of(code.i32(), 2));
    return code.bitcast(code.insert(code.insert(none, words[0], 0), words[1], 1), type);
  }
  return code.bitcast(LLVM::TruncOp::create(code.builder(), code.loc(),
                                            code.builder().getIntegerType(bits), words[0]),
                      type);
}

/// Every word of every element through one shuffle.
Value exchange(Code& code, Value vector, llvm::StringRef shuffle, Value which) {
  const Type element = cast<VectorType>(vector.getType()).getElementType();
  Value result = LLVM::PoisonOp::create(code.builder(), code.loc(), vector.getType());
  for (std::int64_t k = 0; k < length_of(vector); ++k) {
    llvm::SmallVector<Value> words = to_words(code, code.extract(vector, k));
    for (Value& word : words)
      word = code.intrinsic(shuffle, code.i32(), {code.i32(-1), word, which, code.i32(31)});
    result = code.insert(result, from_words(code, words, element), k);
  }
  return result;
}

/// An i1 takes a byte.
Type in_memory(Type element) {
  return element.isInteger(1) ? Type(IntegerType::get(element.getContext(), 8)) : element;
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

Value from_lane_across(Code& code, Value vector, int mask) {
  return exchange(code, vector, "llvm.nvvm.shfl.sync.bfly.i32", code.i32(mask));
}
Value from_lane(Code& code, Value vector, Value lane) {
  return exchange(code, vector, "llvm.nvvm.shfl.sync.idx.i32", lane);
}

std::int64_t partial_bytes(Type element, std::int64_t count) {
  return (count * in_memory(element).getIntOrFloatBitWidth() / 8 + 15) / 16 * 16;
}

void store_partials(Code& code, Value base, Value first, Value vector, Value predicate) {
  const Type memory = in_memory(getElementTypeOrSelf(vector.getType()));
  const std::int64_t count = length_of(vector), bytes = memory.getIntOrFloatBitWidth() / 8;
  if (memory != getElementTypeOrSelf(vector.getType()))
    vector = LLVM::ZExtOp::create(code.builder(), code.loc(), vector_of(memory, count), vector);
  const std::int64_t width = std::min<std::int64_t>(count, 16 / bytes);
  for (std::int64_t k = 0; k < count; k += width) {
    llvm::SmallVector<std::int32_t> piece(static_cast<std::size_t>(width));
    std::iota(piece.begin(), piece.end(), static_cast<std::int32_t>(k));
    store_if(code, code.element_pointer(base, memory, code.add(first, code.i32(k))),
             width == count ? vector : code.shuffle(vector, piece), predicate, width * bytes);
  }
}

Value load_partials(Code& code, Value base, Type element, Value first, std::int64_t count) {
  const Type memory = in_memory(element);
  const std::int64_t bytes = memory.getIntOrFloatBitWidth() / 8;
  const std::int64_t width = std::min<std::int64_t>(count, 16 / bytes);
  llvm::SmallVector<Value> pieces;
  for (std::int64_t k = 0; k < count; k += width) {
    const Value at = code.element_pointer(base, memory, code.add(first, code.i32(k)));
    pieces.push_back(LLVM::LoadOp::create(code.builder(), code.loc(), vector_of(memory, width), at,
                                          static_cast<unsigned>(width * bytes)));
  }
  const Value all = code.concatenate(pieces);
  if (memory == element) return all;
  return LLVM::TruncOp::create(code.builder(), code.loc(), vector_of(element, count), all);
}

}  // namespace tegula::compiler
