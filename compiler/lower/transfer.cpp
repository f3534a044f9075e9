#include "compiler/lower/transfer.h"

#include <algorithm>
#include <numeric>

using namespace mlir;

namespace tegula::compiler {
namespace {

/// An element as the 32-bit words in which it is shuffled between lanes, and back.
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

/// Shuffles every word of a scalar, or of every element of a vector.
Value shuffled(Code& code, Value value, llvm::StringRef shuffle, Value which) {
  const auto one = [&](Value element) {
    llvm::SmallVector<Value> words = to_words(code, element);
    for (Value& word : words)
      word = code.intrinsic(shuffle, code.i32(), {code.i32(-1), word, which, code.i32(31)});
    return from_words(code, words, element.getType());
  };
  if (!isa<VectorType>(value.getType())) return one(value);
  Value result = LLVM::PoisonOp::create(code.builder(), code.loc(), value.getType());
  for (std::int64_t k = 0; k < length_of(value); ++k)
    result = code.insert(result, one(code.extract(value, k)), k);
  return result;
}

/// An i1 takes a byte.
Type in_memory(Type element) {
  return element.isInteger(1) ? Type(IntegerType::get(element.getContext(), 8)) : element;
}

}  // namespace

Value from_lane_across(Code& code, Value value, int mask) {
  return shuffled(code, value, "llvm.nvvm.shfl.sync.bfly.i32", code.i32(mask));
}
Value from_lane(Code& code, Value value, Value lane) {
  return shuffled(code, value, "llvm.nvvm.shfl.sync.idx.i32", lane);
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
