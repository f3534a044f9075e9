// Lowering of print and assert to markers. Thread 0 prints; elements of other threads reach it through
// shared memory.
#include "compiler/ir/scratch.h"
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

constexpr char number_attribute[] = "tile.number";

/// Calls a function of the operation's own, which carries the text. These functions come after the
/// markers that are looked up by name.
void call_own_marker(Code& code, Operation* op, llvm::StringRef name, llvm::StringRef text,
                     ValueRange operands) {
  OpBuilder& b = code.builder();
  const auto number = op->getAttrOfType<IntegerAttr>(number_attribute).getInt();
  LLVM::LLVMFuncOp function;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(op->getParentOfType<FunctionOpInterface>());
    function = LLVM::LLVMFuncOp::create(
        b, b.getUnknownLoc(), ("tegula." + name + "." + llvm::Twine(number)).str(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(code.context()),
                                    llvm::SmallVector<Type>(operands.getTypes())));
  }
  function.setPassthroughAttr(
      b.getArrayAttr({b.getArrayAttr({b.getStringAttr("tegula.text"), b.getStringAttr(text)})}));
  LLVM::CallOp::create(b, code.loc(), function, operands);
}

struct LowerPrint : ConvertOpToLLVMPattern<tile::PrintOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::PrintOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const Value thread = thread_number(code);
    llvm::SmallVector<Value> operands;
    std::int64_t offset = 0;
    if (auto attribute = op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute))
      offset = attribute.getInt();
    bool has_stored = false;
    for (auto [value, lowered] : llvm::zip(op.getValues(), adaptor.getValues())) {
      if (!isa<RankedTensorType>(value.getType())) continue;
      if (!has_stored && op->hasAttr(tile::shared_reused_attribute)) code.barrier();
      has_stored = true;
      store_first_elements(code, thread, value, lowered, offset);
      offset += tile::printed_bytes(value.getType());
    }
    if (has_stored) {
      code.barrier();
      offset = op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt();
    }
    for (auto [value, lowered] : llvm::zip(op.getValues(), adaptor.getValues())) {
      const auto tile = dyn_cast<RankedTensorType>(value.getType());
      operands.push_back(tile ? load_first_elements(code, tile, offset) : lowered);
      if (tile) offset += tile::printed_bytes(tile);
    }
    operands.push_back(code.equal(thread, code.i32(0)));
    call_own_marker(code, op, "print", op.getText(), operands);
    rewriter.eraseOp(op);
    return success();
  }

  static Type memory_type(Type element) {
    return element.isInteger(1) ? Type(IntegerType::get(element.getContext(), 8)) : element;
  }

  static void store_first_elements(Code& code, Value thread, Value value, Value lowered,
                                   std::int64_t offset) {
    const auto tile = cast<RankedTensorType>(value.getType());
    const auto layout = tile::layout_of(tile);
    const Type element = tile.getElementType(), memory = memory_type(element);
    const Value base = code.shared_memory(offset);
    const Value of_thread =
        thread_linear(code, thread, layout.lane_columns(), layout.warp_columns());
    const Value holder = holds_first_copy(code, thread, layout);
    for (int reg = 0; reg < layout.registers(); ++reg) {
      if ((static_cast<std::uint32_t>(reg) & layout.replicated_registers()) != 0) continue;
      const Value position =
          code.bit_xor(of_thread, code.i32(layout.index(static_cast<std::uint32_t>(reg), 0, 0)));
      Value predicate = code.unsigned_less(position, code.i32(tile::printed_elements(tile)));
      if (holder) predicate = code.bit_and(predicate, holder);
      Value one = code.extract(lowered, reg);
      if (element.isInteger(1)) one = LLVM::ZExtOp::create(code.builder(), code.loc(), memory, one);
      store_if(code, code.element_pointer(base, memory, position), one, predicate,
               memory.getIntOrFloatBitWidth() / 8);
    }
  }

  static Value load_first_elements(Code& code, RankedTensorType tile, std::int64_t offset) {
    const Type element = tile.getElementType(), memory = memory_type(element);
    const std::int64_t count = tile::printed_elements(tile);
    const std::int64_t bytes = memory.getIntOrFloatBitWidth() / 8;
    const std::int64_t width = std::min<std::int64_t>(count, 16 / bytes);
    llvm::SmallVector<Value> pieces;
    for (std::int64_t k = 0; k < count; k += width)
      pieces.push_back(LLVM::LoadOp::create(code.builder(), code.loc(), vector_of(memory, width),
                                            code.shared_memory(offset + k * bytes),
                                            static_cast<unsigned>(width * bytes)));
    const Value all = code.concatenate(pieces);
    if (!element.isInteger(1)) return all;
    return LLVM::ICmpOp::create(code.builder(), code.loc(), LLVM::ICmpPredicate::ne, all,
                                code.splat(code.constant(memory, 0), count));
  }
};

struct LowerAssert : ConvertOpToLLVMPattern<tile::AssertOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AssertOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    call_own_marker(code, op, "assert", op.getText(), adaptor.getMask());
    rewriter.eraseOp(op);
    return success();
  }
};

}  // namespace

void number_markers(ModuleOp module) {
  Builder builder(module.getContext());
  int prints = 0, asserts = 0;
  module.walk([&](Operation* op) {
    if (isa<tile::PrintOp>(op)) op->setAttr(number_attribute, builder.getI32IntegerAttr(prints++));
    if (isa<tile::AssertOp>(op))
      op->setAttr(number_attribute, builder.getI32IntegerAttr(asserts++));
  });
}

void populate_debug_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerPrint, LowerAssert>(types);
}

}  // namespace tegula::compiler
