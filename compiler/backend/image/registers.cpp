#include "compiler/backend/image/registers.h"

#include <fmt/format.h>

#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/raw_ostream.h"

namespace tegula::compiler {
namespace {

using format::Scalar;

template <class Printed>
[[noreturn]] void unsupported(const char* what, const Printed* printed) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  printed->print(stream);
  throw Unencodable(fmt::format("{}: {}", what, text));
}

/// Of one element.
std::uint64_t constant_bits(const llvm::Constant* element) {
  if (auto* integer = llvm::dyn_cast<llvm::ConstantInt>(element)) return integer->getZExtValue();
  if (auto* real = llvm::dyn_cast<llvm::ConstantFP>(element))
    return real->getValueAPF().bitcastToAPInt().getZExtValue();
  if (llvm::isa<llvm::UndefValue>(element)) return 0;  // poison, too: any value will do
  if (llvm::isa<llvm::ConstantPointerNull>(element)) return 0;
  unsupported("no register holds this constant", element);
}

}  // namespace

SimRegisters::SimRegisters(format::Image& image, const llvm::Module& module)
    : image_(image), layout_(module.getDataLayout()) {
  std::uint64_t used = 0;
  for (const llvm::GlobalVariable& global : module.globals()) {
    if (global.getAddressSpace() != 3) continue;
    used = llvm::alignTo(used, global.getAlign().valueOrOne());
    globals_[&global] = used;
    used += layout_.getTypeAllocSize(global.getValueType());
  }
  image_.shared_bytes = static_cast<std::uint32_t>(used);
}

format::Register SimRegisters::register_type(const llvm::Type* type) const {
  unsigned elements = 1;
  if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type)) {
    elements = vector->getNumElements();
    type = vector->getElementType();
  }
  const auto make = [&](Scalar scalar) {
    return format::Register{scalar, static_cast<std::uint16_t>(elements)};
  };
  if (type->isPointerTy())
    return make(type->getPointerAddressSpace() == 3 ? Scalar::i32 : Scalar::i64);
  if (type->isHalfTy()) return make(Scalar::f16);
  if (type->isBFloatTy()) return make(Scalar::bf16);
  if (type->isFloatTy()) return make(Scalar::f32);
  if (type->isDoubleTy()) return make(Scalar::f64);
  if (type->isIntegerTy(1)) return make(Scalar::i1);
  if (type->isIntegerTy(8)) return make(Scalar::i8);
  if (type->isIntegerTy(16)) return make(Scalar::i16);
  if (type->isIntegerTy(32)) return make(Scalar::i32);
  if (type->isIntegerTy(64)) return make(Scalar::i64);
  unsupported("no register holds this type", type);
}

std::uint32_t SimRegisters::fresh(format::Register type) {
  image_.registers.push_back(type);
  return static_cast<std::uint32_t>(image_.registers.size() - 1);
}

std::uint32_t SimRegisters::constant(format::Register type, std::vector<std::uint64_t> bits) {
  const auto [it, is_new] =
      constants_.try_emplace({type.scalar, type.elements, bits}, format::no_register);
  if (is_new) {
    it->second = fresh(type);
    image_.constants.push_back({it->second, std::move(bits)});
  }
  return it->second;
}

const std::vector<std::uint32_t>& SimRegisters::of(const llvm::Value* value) {
  if (auto it = registers_.find(value); it != registers_.end()) return it->second;
  std::vector<std::uint32_t> result;
  if (auto* known = llvm::dyn_cast<llvm::Constant>(value)) {
    result = of_constant(known);
  } else if (auto* fields = llvm::dyn_cast<llvm::StructType>(value->getType())) {
    for (const llvm::Type* field : fields->elements())
      result.push_back(fresh(register_type(field)));
  } else {
    result = {fresh(register_type(value->getType()))};
  }
  return registers_[value] = std::move(result);
}

std::uint32_t SimRegisters::one(const llvm::Value* value) {
  const std::vector<std::uint32_t>& registers = of(value);
  if (registers.size() != 1) unsupported("a register each for its fields", value->getType());
  return registers.front();
}

void SimRegisters::alias(const llvm::Value* value, std::vector<std::uint32_t> registers) {
  registers_[value] = std::move(registers);
}

std::vector<std::uint32_t> SimRegisters::of_constant(const llvm::Constant* constant_value) {
  const llvm::Type* type = constant_value->getType();
  if (auto* fields = llvm::dyn_cast<llvm::StructType>(type)) {
    std::vector<std::uint32_t> result;
    for (unsigned k = 0; k < fields->getNumElements(); ++k) {
      const llvm::Constant* field = constant_value->getAggregateElement(k);
      if (field == nullptr) unsupported("no register holds this constant", constant_value);
      result.push_back(one(field));
    }
    return result;
  }
  const format::Register reg = register_type(type);
  if (type->isPointerTy() && type->getPointerAddressSpace() == 3 &&
      !constant_value->isNullValue() && !llvm::isa<llvm::UndefValue>(constant_value))
    return {constant(reg, {shared_address(constant_value)})};
  std::vector<std::uint64_t> bits;
  for (unsigned k = 0; k < reg.elements; ++k) {
    const llvm::Constant* element =
        type->isVectorTy() ? constant_value->getAggregateElement(k) : constant_value;
    if (element == nullptr) unsupported("no register holds this constant", constant_value);
    bits.push_back(constant_bits(element));
  }
  if (std::all_of(bits.begin(), bits.end(), [&](auto b) { return b == bits[0]; })) bits.resize(1);
  return {constant(reg, std::move(bits))};
}

std::uint64_t SimRegisters::shared_address(const llvm::Constant* constant_value) const {
  llvm::APInt offset(layout_.getIndexTypeSizeInBits(constant_value->getType()), 0);
  const llvm::Value* base =
      constant_value->stripAndAccumulateConstantOffsets(layout_, offset, /*AllowNonInbounds=*/true);
  const auto it = globals_.find(base);
  if (it == globals_.end()) unsupported("no such place in shared memory", base);
  return it->second + offset.getZExtValue();
}

}  // namespace tegula::compiler
