// Lowering of atomics: one marker for each register, made by the thread that holds the first copy
// of its element. Where the values before are wanted by threads that hold other copies, they get
// them from that thread: by a shuffle inside a warp, else through shared memory.
#include "compiler/backend/markers/atomic_markers.h"
#include "compiler/lower/exchange.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

format::Order order_of(tile::MemoryOrder order) {
  switch (order) {
    case tile::MemoryOrder::relaxed:
      return format::Order::relaxed;
    case tile::MemoryOrder::acquire:
      return format::Order::acquire;
    case tile::MemoryOrder::release:
      return format::Order::release;
    case tile::MemoryOrder::acq_rel:
      return format::Order::acq_rel;
  }
  return format::Order::acq_rel;
}

format::Scope scope_of(tile::MemoryScope scope) {
  switch (scope) {
    case tile::MemoryScope::block:
      return format::Scope::cta;
    case tile::MemoryScope::device:
      return format::Scope::gpu;
    case tile::MemoryScope::system:
      return format::Scope::system;
  }
  return format::Scope::system;
}

AtomicMarker::Kind kind_of(tile::AtomicKind kind, bool floating) {
  using Kind = AtomicMarker::Kind;
  switch (kind) {
    case tile::AtomicKind::add:
      return floating ? Kind::fadd : Kind::add;
    case tile::AtomicKind::min:
      return Kind::min;
    case tile::AtomicKind::max:
      return Kind::max;
    case tile::AtomicKind::umin:
      return Kind::umin;
    case tile::AtomicKind::umax:
      return Kind::umax;
    case tile::AtomicKind::bit_and:
      return Kind::bit_and;
    case tile::AtomicKind::bit_or:
      return Kind::bit_or;
    case tile::AtomicKind::bit_xor:
      return Kind::bit_xor;
    case tile::AtomicKind::exchange:
      return Kind::exchange;
  }
  return Kind::exchange;
}

format::Scalar scalar_of(Type type) {
  if (type.isF16()) return format::Scalar::f16;
  if (type.isBF16()) return format::Scalar::bf16;
  if (type.isF32()) return format::Scalar::f32;
  if (type.isF64()) return format::Scalar::f64;
  return type.isInteger(64) ? format::Scalar::i64 : format::Scalar::i32;
}

/// One atomic tile operation, already lowered to registers.
struct Request {
  Operation* op;
  AtomicMarker marker;
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

  /// The values before, a register each; null if nobody wants them.
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
    // An exchange moves bits; PTX has it for integers alone.
    const bool as_bits = request_.marker.kind == AtomicMarker::Kind::exchange;
    const Type type =
        as_bits ? Type(code_.builder().getIntegerType(element_.getIntOrFloatBitWidth())) : element_;
    llvm::SmallVector<Value> operands = {
        code_.element_pointer(request_.pointer, element_, code_.extract(request_.offsets, reg))};
    for (Value value : request_.values)
      operands.push_back(code_.bitcast(code_.extract(value, reg), type));
    Value predicate = code_.extract(request_.mask, reg);
    operands.push_back(holder ? code_.bit_and(predicate, holder) : predicate);
    llvm::SmallVector<Type> types;
    for (Value operand : operands) types.push_back(operand.getType());
    AtomicMarker marker = request_.marker;
    marker.type = scalar_of(type);
    const auto function = declare_marker(code_, marker.name(), type, types);
    const Value before =
        LLVM::CallOp::create(code_.builder(), code_.loc(), function, operands).getResult();
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
    const auto place = [&](int reg) {
      const auto of_register = layout_.index(static_cast<std::uint32_t>(reg), 0, 0);
      return code_.element_pointer(base, element_,
                                   code_.bit_xor(of_thread, code_.i32(of_register)));
    };
    const std::int64_t bytes = element_.getIntOrFloatBitWidth() / 8;
    if (request_.op->hasAttr(tile::shared_reused_attribute)) code_.barrier();
    for (int reg = 0; reg < layout_.registers(); ++reg)
      if ((static_cast<unsigned>(reg) & layout_.replicated_registers()) == 0)
        store_if(code_, place(reg), before[static_cast<std::size_t>(reg)], holder, bytes);
    code_.barrier();
    for (int reg = 0; reg < layout_.registers(); ++reg)
      before[static_cast<std::size_t>(reg)] = LLVM::LoadOp::create(
          code_.builder(), code_.loc(), element_, place(reg), static_cast<unsigned>(bytes));
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
    const AtomicMarker marker{kind_of(op.getKind(), isa<FloatType>(element)), scalar_of(element),
                              order_of(op.getOrder()), scope_of(op.getScope())};
    return lower(op,
                 {op,
                  marker,
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
    const Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
    const AtomicMarker marker{AtomicMarker::Kind::compare_exchange, scalar_of(element),
                              order_of(op.getOrder()), scope_of(op.getScope())};
    return lower(op,
                 {op,
                  marker,
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
