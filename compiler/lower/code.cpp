#include "compiler/lower/code.h"

#include <bit>
#include <map>
#include <numeric>

using namespace mlir;

namespace tegula::compiler {

Value Code::constant(Type type, std::int64_t value) {
  return LLVM::ConstantOp::create(builder_, loc_, type, builder_.getIntegerAttr(type, value));
}
Value Code::add(Value a, Value b) { return LLVM::AddOp::create(builder_, loc_, a, b); }
Value Code::multiply(Value a, Value b) { return LLVM::MulOp::create(builder_, loc_, a, b); }
Value Code::bit_and(Value a, Value b) { return LLVM::AndOp::create(builder_, loc_, a, b); }
Value Code::bit_xor(Value a, Value b) { return LLVM::XOrOp::create(builder_, loc_, a, b); }
Value Code::equal(Value a, Value b) {
  return LLVM::ICmpOp::create(builder_, loc_, LLVM::ICmpPredicate::eq, a, b);
}
Value Code::unsigned_less(Value a, Value b) {
  return LLVM::ICmpOp::create(builder_, loc_, LLVM::ICmpPredicate::ult, a, b);
}
Value Code::to_i64(Value value) { return LLVM::SExtOp::create(builder_, loc_, i64(), value); }

Value Code::element_pointer(Value base, Type element, Value index) {
  return LLVM::GEPOp::create(builder_, loc_, base.getType(), element, base,
                             llvm::ArrayRef<LLVM::GEPArg>{index});
}
Value Code::byte_pointer(Value base, std::int64_t offset) {
  // A constant index of the operation has only 32 bits; a row of a large tensor may be further
  // away.
  if (!llvm::isInt<32>(offset))
    return element_pointer(base, builder_.getI8Type(), constant(i64(), offset));
  return LLVM::GEPOp::create(builder_, loc_, base.getType(), builder_.getI8Type(), base,
                             llvm::ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
}

Value Code::intrinsic(llvm::StringRef name, Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(builder_, loc_, result, builder_.getStringAttr(name),
                                       operands)
      .getResults();
}
void Code::intrinsic(llvm::StringRef name, ValueRange operands) {
  LLVM::CallIntrinsicOp::create(builder_, loc_, builder_.getStringAttr(name), operands);
}

Value Code::extract(Value vector, std::int64_t index) {
  return LLVM::ExtractElementOp::create(builder_, loc_, vector, i32(index));
}
Value Code::insert(Value vector, Value element, std::int64_t index) {
  return LLVM::InsertElementOp::create(builder_, loc_, vector, element, i32(index));
}

Value Code::splat(Value scalar, std::int64_t count) {
  const Type type = vector_of(scalar.getType(), count);
  const Value none = LLVM::PoisonOp::create(builder_, loc_, type);
  const Value first = insert(none, scalar, 0);
  if (count == 1) return first;
  return shuffle(first, llvm::SmallVector<int32_t>(static_cast<std::size_t>(count), 0));
}

Value Code::shuffle(Value vector, llvm::ArrayRef<int32_t> indices) {
  const Value none = LLVM::PoisonOp::create(builder_, loc_, vector.getType());
  return LLVM::ShuffleVectorOp::create(builder_, loc_, vector, none, indices);
}

Value Code::concatenate(llvm::ArrayRef<Value> vectors) {
  llvm::SmallVector<Value> parts(vectors);
  while (parts.size() > 1) {
    const auto count = cast<VectorType>(parts[0].getType()).getNumElements();
    llvm::SmallVector<int32_t> all(static_cast<std::size_t>(2 * count));
    std::iota(all.begin(), all.end(), 0);
    llvm::SmallVector<Value> joined;
    for (std::size_t k = 0; k < parts.size(); k += 2)
      joined.push_back(LLVM::ShuffleVectorOp::create(builder_, loc_, parts[k], parts[k + 1], all));
    parts = std::move(joined);
  }
  return parts[0];
}

Value Code::bitcast(Value value, Type type) {
  if (value.getType() == type) return value;
  return LLVM::BitcastOp::create(builder_, loc_, type, value);
}

void Code::barrier() { intrinsic("llvm.nvvm.barrier.cta.sync.aligned.all", {i32(0)}); }

Value Code::shared_memory(std::int64_t offset) {
  const Value base =
      LLVM::AddressOfOp::create(builder_, loc_, shared_pointer(), shared_memory_symbol);
  return offset == 0 ? base : byte_pointer(base, offset);
}

Value thread_number(Code& code) {
  return code.intrinsic("llvm.nvvm.read.ptx.sreg.tid.x", code.i32(), {});
}

Value thread_linear(Code& code, Value thread, llvm::ArrayRef<std::uint32_t> lanes,
                    llvm::ArrayRef<std::uint32_t> warps) {
  // Bits that move by the same distance are moved together: a blocked layout takes one mask and one
  // shift. Unless the layout is swizzled, the parts have no bit in common.
  std::map<int, std::uint32_t> by_shift;  // distance -> mask of thread bits
  llvm::SmallVector<std::uint32_t> columns(lanes);
  columns.append(warps.begin(), warps.end());
  for (int bit = 0; bit < static_cast<int>(columns.size()); ++bit)
    for (std::uint32_t rest = columns[bit]; rest != 0; rest &= rest - 1)
      by_shift[std::countr_zero(rest) - bit] |= std::uint32_t{1} << bit;

  const std::uint32_t all = (std::uint64_t{1} << columns.size()) - 1;
  Value result;
  for (const auto& [shift, mask] : by_shift) {
    Value part = mask == all ? thread : code.bit_and(thread, code.i32(mask));
    if (shift > 0)
      part = LLVM::ShlOp::create(code.builder(), code.loc(), part, code.i32(shift));
    else if (shift < 0)
      part = LLVM::LShrOp::create(code.builder(), code.loc(), part, code.i32(-shift));
    result = result ? code.bit_xor(result, part) : part;
  }
  return result ? result : code.i32(0);
}

Value packed_warp(Code& code, Value thread, std::uint32_t mask, std::size_t warp_bits) {
  std::vector<std::uint32_t> packed(warp_bits, 0);
  for (std::size_t bit = 0, next = 0; bit < warp_bits; ++bit)
    if ((mask >> bit & 1) != 0) packed[bit] = std::uint32_t{1} << next++;
  return thread_linear(code, thread, layout::Columns(layout::lane_bits, 0), packed);
}

Value holds_first_copy(Code& code, Value thread, const layout::Distributed& layout) {
  const std::uint32_t copies =
      layout.replicated_lanes() | (layout.replicated_warps() << layout::lane_bits);
  if (copies == 0) return {};
  return code.equal(code.bit_and(thread, code.i32(copies)), code.i32(0));
}

Value call_marker(Code& code, const llvm::Twine& name, Type result, ValueRange operands) {
  OpBuilder& b = code.builder();
  const std::string full = ("tegula." + name).str();
  auto module = b.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(full);
  if (!function) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    const llvm::SmallVector<Type> parameters(operands.getTypes());
    function = LLVM::LLVMFuncOp::create(b, module.getLoc(), full,
                                        LLVM::LLVMFunctionType::get(result, parameters));
  }
  auto call = LLVM::CallOp::create(b, code.loc(), function, operands);
  return call.getNumResults() == 0 ? Value() : call.getResult();
}

void call_marker(Code& code, const llvm::Twine& name, ValueRange operands) {
  call_marker(code, name, LLVM::LLVMVoidType::get(code.context()), operands);
}

std::string name_in_marker(Type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto vector = dyn_cast<VectorType>(type))
    stream << 'v' << vector.getNumElements() << vector.getElementType();
  else
    stream << type;
  return text;
}

VectorType vector_of(Type element, std::int64_t count) { return VectorType::get({count}, element); }
std::int64_t length_of(Value vector) { return cast<VectorType>(vector.getType()).getNumElements(); }
llvm::SmallVector<std::int32_t> as_indices(const std::vector<std::uint32_t>& registers) {
  return {registers.begin(), registers.end()};
}

}  // namespace tegula::compiler
