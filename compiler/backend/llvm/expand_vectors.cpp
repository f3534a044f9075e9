#include "compiler/backend/llvm/expand_vectors.h"

#include <functional>
#include <numeric>

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"

namespace tegula::compiler {
namespace {

using llvm::Value;

unsigned length_of(llvm::Type* type) {
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector == nullptr ? 1 : vector->getNumElements();
}

bool is_integer_vector(llvm::Type* type) {
  return llvm::isa<llvm::FixedVectorType>(type) && type->isIntOrIntVectorTy();
}

/// Whether elements occupy whole bytes, so that a bitcast only renames bytes.
bool has_whole_elements(llvm::Type* type) {
  const unsigned bits = type->getScalarSizeInBits();
  return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

//===--- Bits ---------------------------------------------------------------------------------===//

/// Integers of one width as integers of another, with the same bits, lowest first. Moves, by
/// shifts, one piece at a time that is within one element on either side.
Value* regrouped(llvm::IRBuilder<>& b, Value* value, llvm::Type* to) {
  const unsigned from_bits = value->getType()->getScalarSizeInBits();
  const unsigned to_bits = to->getScalarSizeInBits(), count = length_of(to);
  const unsigned piece = std::gcd(from_bits, to_bits);
  const auto vector_of = [&](unsigned bits) {
    return llvm::FixedVectorType::get(b.getIntNTy(bits), count);
  };
  if (!value->getType()->isVectorTy())
    value = b.CreateInsertElement(
        llvm::PoisonValue::get(llvm::FixedVectorType::get(value->getType(), 1)), value,
        std::uint64_t{0});
  Value* result = nullptr;
  for (unsigned low = 0; low < to_bits; low += piece) {
    llvm::SmallVector<int> sources;
    llvm::SmallVector<llvm::Constant*> offsets;
    for (unsigned k = 0; k < count; ++k) {
      const unsigned bit = k * to_bits + low;
      sources.push_back(static_cast<int>(bit / from_bits));
      offsets.push_back(llvm::ConstantInt::get(b.getIntNTy(from_bits), bit % from_bits));
    }
    Value* part = b.CreateShuffleVector(value, sources);
    if (piece < from_bits) {
      part = b.CreateLShr(part, llvm::ConstantVector::get(offsets));
      part = b.CreateTrunc(part, vector_of(piece));
    }
    part = b.CreateZExt(part, vector_of(to_bits));
    if (low > 0) part = b.CreateShl(part, llvm::ConstantInt::get(part->getType(), low));
    result = result == nullptr ? part : b.CreateOr(result, part);
  }
  return to->isVectorTy() ? result : b.CreateExtractElement(result, std::uint64_t{0});
}

/// The same bits in integers.
Value* as_integers(llvm::IRBuilder<>& b, Value* value) {
  llvm::Type* type = value->getType();
  if (type->isIntOrIntVectorTy()) return value;
  return b.CreateBitCast(value, type->getWithNewType(b.getIntNTy(type->getScalarSizeInBits())));
}

Value* expanded_bitcast(llvm::BitCastInst& i) {
  llvm::Type *from = i.getSrcTy(), *to = i.getDestTy();
  if (from->isPtrOrPtrVectorTy() || from->getScalarSizeInBits() == to->getScalarSizeInBits())
    return nullptr;
  if (has_whole_elements(from) && has_whole_elements(to)) return nullptr;
  llvm::IRBuilder<> b(&i);
  llvm::Type* integers = to->getWithNewType(b.getIntNTy(to->getScalarSizeInBits()));
  Value* result = regrouped(b, as_integers(b, i.getOperand(0)), integers);
  return integers == to ? result : b.CreateBitCast(result, to);
}

/// Extracts one element of a bitcast vector without computing the others.
Value* expanded_extract_of_bitcast(llvm::ExtractElementInst& i) {
  auto* cast = llvm::dyn_cast<llvm::BitCastInst>(i.getVectorOperand());
  auto* index = llvm::dyn_cast<llvm::ConstantInt>(i.getIndexOperand());
  if (cast == nullptr || index == nullptr || !i.getType()->isIntegerTy()) return nullptr;
  if (cast->getSrcTy()->isPtrOrPtrVectorTy()) return nullptr;
  const unsigned from_bits = cast->getSrcTy()->getScalarSizeInBits();
  const unsigned bits = i.getType()->getIntegerBitWidth();
  if (has_whole_elements(i.getType()) || from_bits % bits != 0) return nullptr;
  const std::uint64_t bit = index->getZExtValue() * bits;
  if (bit >= cast->getSrcTy()->getPrimitiveSizeInBits()) return nullptr;
  llvm::IRBuilder<> b(&i);
  Value* source = as_integers(b, cast->getOperand(0));
  if (source->getType()->isVectorTy()) source = b.CreateExtractElement(source, bit / from_bits);
  return b.CreateTrunc(b.CreateLShr(source, bit % from_bits), i.getType());
}

//===--- Memory -------------------------------------------------------------------------------===//

/// The integer type that LLVM stores for a vector of i1: a bit each, and zeros to the end of the
/// last byte. Null if one access cannot hold all of it.
llvm::Type* bytes_of_truths(llvm::Type* truths) {
  if (!truths->isVectorTy() || !truths->isIntOrIntVectorTy(1)) return nullptr;
  const unsigned bytes = (length_of(truths) + 7) / 8;
  if (!llvm::isPowerOf2_32(bytes) || bytes > 32) return nullptr;
  llvm::LLVMContext& context = truths->getContext();
  if (bytes <= 8) return llvm::IntegerType::get(context, 8 * bytes);
  return llvm::FixedVectorType::get(llvm::Type::getInt8Ty(context), bytes);
}

Value* expanded_load(llvm::LoadInst& i) {
  llvm::Type* bytes = bytes_of_truths(i.getType());
  if (bytes == nullptr || !i.isSimple()) return nullptr;
  llvm::IRBuilder<> b(&i);
  const unsigned count = length_of(i.getType());
  Value* loaded = b.CreateAlignedLoad(bytes, i.getPointerOperand(), i.getAlign());
  const unsigned bits = bytes->getPrimitiveSizeInBits().getFixedValue();
  Value* truths = regrouped(b, loaded, llvm::FixedVectorType::get(b.getInt1Ty(), bits));
  if (bits == count) return truths;
  llvm::SmallVector<int> first(count);
  std::iota(first.begin(), first.end(), 0);
  return b.CreateShuffleVector(truths, first);
}

bool expand_store(llvm::StoreInst& i) {
  Value* truths = i.getValueOperand();
  llvm::Type* bytes = bytes_of_truths(truths->getType());
  if (bytes == nullptr || !i.isSimple()) return false;
  llvm::IRBuilder<> b(&i);
  const unsigned count = length_of(truths->getType());
  const unsigned bits = bytes->getPrimitiveSizeInBits().getFixedValue();
  if (bits != count) {
    llvm::SmallVector<int> indices(bits, static_cast<int>(count));
    std::iota(indices.begin(), indices.begin() + count, 0);
    truths =
        b.CreateShuffleVector(truths, llvm::Constant::getNullValue(truths->getType()), indices);
  }
  b.CreateAlignedStore(regrouped(b, truths, bytes), i.getPointerOperand(), i.getAlign());
  return true;
}

//===--- Whole vectors ------------------------------------------------------------------------===//

using Combine = std::function<Value*(Value*, Value*)>;

/// All elements combined, the two halves first: for associative and commutative operations.
Value* folded(llvm::IRBuilder<>& b, Value* vector, const Combine& combine) {
  unsigned count = length_of(vector->getType());
  Value* rest = nullptr;  // odd ones out
  while (count > 1) {
    if (count % 2 != 0) {
      Value* last = b.CreateExtractElement(vector, std::uint64_t{count - 1});
      rest = rest == nullptr ? last : combine(rest, last);
    }
    count /= 2;
    llvm::SmallVector<int> low(count), high(count);
    std::iota(low.begin(), low.end(), 0);
    std::iota(high.begin(), high.end(), static_cast<int>(count));
    vector = combine(b.CreateShuffleVector(vector, low), b.CreateShuffleVector(vector, high));
  }
  Value* result = b.CreateExtractElement(vector, std::uint64_t{0});
  return rest == nullptr ? result : combine(result, rest);
}

/// The vector whose bits an integer is, or null.
Value* bits_of(Value* integer) {
  auto* cast = llvm::dyn_cast<llvm::BitCastInst>(integer);
  if (cast == nullptr || !is_integer_vector(cast->getSrcTy())) return nullptr;
  return cast->getOperand(0);
}

/// Compares vectors that are bitcast to one integer: element by element.
Value* expanded_comparison(llvm::ICmpInst& i) {
  if (!i.isEquality() || !i.getOperand(0)->getType()->isIntegerTy()) return nullptr;
  Value* left = bits_of(i.getOperand(0));
  if (left == nullptr) return nullptr;
  llvm::Type* type = left->getType();
  if (has_whole_elements(type) && has_whole_elements(i.getOperand(0)->getType())) return nullptr;
  Value* right = bits_of(i.getOperand(1));
  if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(i.getOperand(1))) {
    llvm::SmallVector<llvm::Constant*> elements;
    const unsigned bits = type->getScalarSizeInBits();
    for (unsigned k = 0; k < length_of(type); ++k)
      elements.push_back(llvm::ConstantInt::get(type->getScalarType(),
                                                constant->getValue().extractBits(bits, k * bits)));
    right = llvm::ConstantVector::get(elements);
  }
  if (right == nullptr || right->getType() != type) return nullptr;
  llvm::IRBuilder<> b(&i);
  Value* differ =
      type->isIntOrIntVectorTy(1) ? b.CreateXor(left, right) : b.CreateICmpNE(left, right);
  Value* any = folded(b, differ, [&](Value* x, Value* y) { return b.CreateOr(x, y); });
  return i.getPredicate() == llvm::CmpInst::ICMP_NE ? any : b.CreateNot(any);
}

Value* expanded_reduction(llvm::IntrinsicInst& i) {
  llvm::IRBuilder<> b(&i);
  const auto fold = [&](llvm::Instruction::BinaryOps operation) {
    return folded(b, i.getArgOperand(0),
                  [&](Value* x, Value* y) { return b.CreateBinOp(operation, x, y); });
  };
  const auto fold_by = [&](llvm::Intrinsic::ID id) {
    return folded(b, i.getArgOperand(0),
                  [&](Value* x, Value* y) { return b.CreateBinaryIntrinsic(id, x, y); });
  };
  // In order, one element after the other, from a first value.
  const auto in_order = [&](llvm::Instruction::BinaryOps operation) {
    Value *result = i.getArgOperand(0), *vector = i.getArgOperand(1);
    for (unsigned k = 0; k < length_of(vector->getType()); ++k)
      result = b.CreateBinOp(operation, result, b.CreateExtractElement(vector, k));
    return result;
  };
  switch (i.getIntrinsicID()) {
    case llvm::Intrinsic::vector_reduce_add:
      return fold(llvm::Instruction::Add);
    case llvm::Intrinsic::vector_reduce_mul:
      return fold(llvm::Instruction::Mul);
    case llvm::Intrinsic::vector_reduce_and:
      return fold(llvm::Instruction::And);
    case llvm::Intrinsic::vector_reduce_or:
      return fold(llvm::Instruction::Or);
    case llvm::Intrinsic::vector_reduce_xor:
      return fold(llvm::Instruction::Xor);
    case llvm::Intrinsic::vector_reduce_smax:
      return fold_by(llvm::Intrinsic::smax);
    case llvm::Intrinsic::vector_reduce_smin:
      return fold_by(llvm::Intrinsic::smin);
    case llvm::Intrinsic::vector_reduce_umax:
      return fold_by(llvm::Intrinsic::umax);
    case llvm::Intrinsic::vector_reduce_umin:
      return fold_by(llvm::Intrinsic::umin);
    case llvm::Intrinsic::vector_reduce_fmax:
      return fold_by(llvm::Intrinsic::maxnum);
    case llvm::Intrinsic::vector_reduce_fmin:
      return fold_by(llvm::Intrinsic::minnum);
    case llvm::Intrinsic::vector_reduce_fmaximum:
      return fold_by(llvm::Intrinsic::maximum);
    case llvm::Intrinsic::vector_reduce_fminimum:
      return fold_by(llvm::Intrinsic::minimum);
    case llvm::Intrinsic::vector_reduce_fadd:
      return in_order(llvm::Instruction::FAdd);
    case llvm::Intrinsic::vector_reduce_fmul:
      return in_order(llvm::Instruction::FMul);
    default:
      return nullptr;
  }
}

//===--- Indices known at run time ------------------------------------------------------------===//

Value* expanded_extract(llvm::ExtractElementInst& i) {
  Value *vector = i.getVectorOperand(), *index = i.getIndexOperand();
  if (llvm::isa<llvm::ConstantInt>(index)) return expanded_extract_of_bitcast(i);
  llvm::IRBuilder<> b(&i);
  Value* result = b.CreateExtractElement(vector, std::uint64_t{0});
  for (unsigned k = 1; k < length_of(vector->getType()); ++k)
    result = b.CreateSelect(b.CreateICmpEQ(index, llvm::ConstantInt::get(index->getType(), k)),
                            b.CreateExtractElement(vector, k), result);
  return result;
}

Value* expanded_insert(llvm::InsertElementInst& i) {
  Value *vector = i.getOperand(0), *element = i.getOperand(1), *index = i.getOperand(2);
  if (llvm::isa<llvm::ConstantInt>(index)) return nullptr;
  llvm::IRBuilder<> b(&i);
  const unsigned count = length_of(vector->getType());
  llvm::SmallVector<llvm::Constant*> indices;
  for (unsigned k = 0; k < count; ++k)
    indices.push_back(llvm::ConstantInt::get(index->getType(), k));
  Value* here =
      b.CreateICmpEQ(b.CreateVectorSplat(count, index), llvm::ConstantVector::get(indices));
  return b.CreateSelect(here, b.CreateVectorSplat(count, element), vector);
}

Value* expansion(llvm::Instruction& i) {
  if (auto* comparison = llvm::dyn_cast<llvm::ICmpInst>(&i))
    return expanded_comparison(*comparison);
  if (auto* extract = llvm::dyn_cast<llvm::ExtractElementInst>(&i))
    return expanded_extract(*extract);
  if (auto* insert = llvm::dyn_cast<llvm::InsertElementInst>(&i)) return expanded_insert(*insert);
  if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&i)) return expanded_load(*load);
  if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&i))
    return expanded_reduction(*intrinsic);
  return nullptr;
}

void expand(llvm::Function& function) {
  llvm::SmallVector<llvm::BitCastInst*> casts;
  for (llvm::BasicBlock& block : function)
    for (llvm::Instruction& i : llvm::make_early_inc_range(block)) {
      auto* store = llvm::dyn_cast<llvm::StoreInst>(&i);
      if (store != nullptr && expand_store(*store)) {
        store->eraseFromParent();
      } else if (Value* value = expansion(i)) {
        i.replaceAllUsesWith(value);
        i.eraseFromParent();
      }
    }
  // Last, since the expansions before may have removed uses of their results.
  for (llvm::BasicBlock& block : function)
    for (llvm::Instruction& i : block)
      if (auto* cast = llvm::dyn_cast<llvm::BitCastInst>(&i)) casts.push_back(cast);
  for (llvm::BitCastInst* cast : casts) {
    Value* value = cast->use_empty() ? nullptr : expanded_bitcast(*cast);
    if (value != nullptr) cast->replaceAllUsesWith(value);
    if (cast->use_empty()) cast->eraseFromParent();
  }
}

}  // namespace

void expand_vectors(llvm::Module& module) {
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) expand(function);
}

}  // namespace tegula::compiler
