// Lowering of atomics: one marker for each register, called by the thread that holds the first copy of
// its element. If threads that hold other copies need the value before, they get it from that thread:
// by a shuffle within a warp, else through shared memory.
#include "compiler/lower/patterns.h"
#include "compiler/lower/transfer.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// In a marker's name.
const char* name_of(tile::MemoryScope scope) {
  switch (scope) {
    case tile::MemoryScope::block:
      return "cta";
    case tile::MemoryScope::device:
      return "gpu";
    case tile::MemoryScope::system:
      return "sys";
  }
  llvm_unreachable("a memory scope");
}

/// One atomic tile operation, already lowered to registers.
struct Request {
  Operation* op;
  llvm::StringRef kind;  ///< in the marker's name
  tile::MemoryOrder order;
  tile::MemoryScope scope;
  Value pointer, offsets, mask;
  llvm::SmallVector<Value> values;  ///< what the marker takes: value, or expected and value
};

class Lowering {
 public:
  Lowering(Code& code, const Request& request)
      : code_(code),
        request_(request),
        layout_(tile::layout_of(request.op->getResult(0).getType())),
        element_(cast<VectorType>(request.values[0].getType()).getElementType()),
        thread_(thread_number(code)) {}

  /// The values before, a register each; null if nobody uses them.
  Value run() {
    const bool wanted = !request_.op->getResult(0).use_empty();
    const Value holder = holds_first_copy(code_, thread_, layout_);
    llvm::SmallVector<Value> before;
    for (int reg = 0; reg < layout_.registers(); ++reg) {
      const auto first = static_cast<unsigned>(reg) & ~layout_.replicated_registers();
      before.push_back(first == static_cast<unsigned>(reg) ? perform(reg, holder) : before[first]);
    }
    if (!wanted) return {};
    if (layout_.replicated_warps() != 0)
      share_between_warps(before, holder);
    else if (layout_.replicated_lanes() != 0)
      share_between_lanes(before);
    Value result = LLVM::PoisonOp::create(code_.builder(), code_.loc(),
                                          vector_of(element_, layout_.registers()));
    for (int reg = 0; reg < layout_.registers(); ++reg)
      result = code_.insert(result, before[static_cast<std::size_t>(reg)], reg);
    return result;
  }

 private:
  Value perform(int reg, Value holder) {
    // An atomic exchange moves bits; PTX has it only for integers.
    const bool as_bits = request_.kind == "exchange";
    const Type type =
        as_bits ? Type(code_.builder().getIntegerType(element_.getIntOrFloatBitWidth())) : element_;
    llvm::SmallVector<Value> operands = {
        code_.element_pointer(request_.pointer, element_, code_.extract(request_.offsets, reg))};
    for (Value value : request_.values)
      operands.push_back(code_.bitcast(code_.extract(value, reg), type));
    Value predicate = code_.extract(request_.mask, reg);
    operands.push_back(holder ? code_.bit_and(predicate, holder) : predicate);
    const Value before =
        call_marker(code_,
                    "atomic." + request_.kind + "." + name_in_marker(type) + "." +
                        tile::stringifyMemoryOrder(request_.order) + "." + name_of(request_.scope),
                    type, operands);
    return code_.bitcast(before, element_);
  }

  void share_between_lanes(llvm::SmallVector<Value>& before) {
    const Value holder = code_.bit_and(
        thread_, code_.i32(~layout_.replicated_lanes() & ((1u << layout::lane_bits) - 1)));
    for (int reg = 0; reg < layout_.registers(); ++reg) {
      const auto first = static_cast<unsigned>(reg) & ~layout_.replicated_registers();
      auto& value = before[static_cast<std::size_t>(reg)];
      value = first == static_cast<unsigned>(reg) ? from_lane(code_, value, holder) : before[first];
    }
  }

  void share_between_warps(llvm::SmallVector<Value>& before, Value holder) {
    const Value base = code_.shared_memory(
        request_.op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt());
    const Value of_thread =
        thread_linear(code_, thread_, layout_.lane_columns(), layout_.warp_columns());
    const auto slot = [&](int reg) {
      const auto of_register = layout_.index(static_cast<std::uint32_t>(reg), 0, 0);
      return code_.element_pointer(base, element_,
                                   code_.bit_xor(of_thread, code_.i32(of_register)));
    };
    const std::int64_t bytes = element_.getIntOrFloatBitWidth() / 8;
    if (request_.op->hasAttr(tile::shared_reused_attribute)) code_.barrier();
    for (int reg = 0; reg < layout_.registers(); ++reg)
      if ((static_cast<unsigned>(reg) & layout_.replicated_registers()) == 0)
        store_if(code_, slot(reg), before[static_cast<std::size_t>(reg)], holder, bytes);
    code_.barrier();
    for (int reg = 0; reg < layout_.registers(); ++reg)
      before[static_cast<std::size_t>(reg)] = LLVM::LoadOp::create(
          code_.builder(), code_.loc(), element_, slot(reg), static_cast<unsigned>(bytes));
  }

  Code& code_;
  const Request& request_;
  layout::Distributed layout_;
  Type element_;
  Value thread_;
};

LogicalResult lower(Operation* op, const Request& request, ConversionPatternRewriter& rewriter) {
  Code code(rewriter, op->getLoc());
  const Value before = Lowering(code, request).run();
  if (before)
    rewriter.replaceOp(op, before);
  else
    rewriter.eraseOp(op);
  return success();
}

struct LowerAtomic : ConvertOpToLLVMPattern<tile::AtomicOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AtomicOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
    const bool adds_floats = op.getKind() == tile::AtomicKind::add && isa<FloatType>(element);
    return lower(op,
                 {op,
                  adds_floats ? "fadd" : tile::stringifyAtomicKind(op.getKind()),
                  op.getOrder(),
                  op.getScope(),
                  adaptor.getPointer(),
                  adaptor.getOffsets(),
                  adaptor.getMask(),
                  {adaptor.getValue()}},
                 rewriter);
  }
};

struct LowerAtomicCas : ConvertOpToLLVMPattern<tile::AtomicCasOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AtomicCasOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    return lower(op,
                 {op,
                  "compare_exchange",
                  op.getOrder(),
                  op.getScope(),
                  adaptor.getPointer(),
                  adaptor.getOffsets(),
                  adaptor.getMask(),
                  {adaptor.getExpected(), adaptor.getValue()}},
                 rewriter);
  }
};

}  // namespace

void populate_atomics_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerAtomic, LowerAtomicCas>(types);
}

}  // namespace tegula::compiler
