// Lowering of views, loads and stores.
//
// A view becomes a struct {pointer, dynamic extents..., dynamic strides...}. An access of a tile
// becomes, per thread, a few accesses of vectors: one for each group of registers that is one piece
// of memory.
#include "compiler/analysis/alignment.h"
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "compiler/lower/tile_access.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {

Type move_type(MLIRContext* context, std::int64_t bytes) {
  if (bytes <= 4) return IntegerType::get(context, static_cast<unsigned>(bytes * 8));
  return vector_of(IntegerType::get(context, 32), bytes / 4);
}

namespace {

std::int64_t bits_of(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getNumElements() * vector.getElementType().getIntOrFloatBitWidth();
  return type.getIntOrFloatBitWidth();
}

/// The address space and type in the name of a marker that moves a move_type.
std::string space_and_type(Value pointer, Type type) {
  const bool shared = cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() == 3;
  return (shared ? "shared." : "global.") + name_in_marker(type);
}

}  // namespace

Value load_if(Code& code, Value pointer, Type type, Value predicate, Value other,
              std::int64_t alignment) {
  if (!predicate)
    return LLVM::LoadOp::create(code.builder(), code.loc(), type, pointer,
                                static_cast<unsigned>(alignment));
  return call_marker(code, "load_if." + space_and_type(pointer, type), type,
                     {pointer, predicate, other});
}

void store_if(Code& code, Value pointer, Value value, Value predicate, std::int64_t alignment) {
  const Type type = move_type(code.context(), bits_of(value.getType()) / 8);
  value = code.bitcast(value, type);
  if (!predicate) {
    LLVM::StoreOp::create(code.builder(), code.loc(), value, pointer,
                          static_cast<unsigned>(alignment));
    return;
  }
  call_marker(code, "store_if." + space_and_type(pointer, type), {pointer, value, predicate});
}

namespace {

struct LowerView : ConvertOpToLLVMPattern<tile::ViewOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ViewOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const Type type = getTypeConverter()->convertType(op.getType());
    Value result = LLVM::PoisonOp::create(rewriter, op.getLoc(), type);
    int64_t field = 0;
    const auto append = [&](Value value) {
      result = LLVM::InsertValueOp::create(rewriter, op.getLoc(), result, value, field++);
    };
    append(adaptor.getPointer());
    for (Value extent : adaptor.getExtents()) append(extent);
    for (Value stride : adaptor.getStrides()) append(stride);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerLoad : ConvertOpToLLVMPattern<tile::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getType());
    if (!bits_are_disjoint(layout)) return rewriter.notifyMatchFailure(op, "swizzled registers");
    const auto view = op.getView().getType();
    const Type element = op.getType().getElementType();
    Code code(rewriter, op.getLoc());
    TileAccess access(code, view, adaptor.getView(), adaptor.getCoordinates(), op.getFull(),
                      layout);
    const Type moved = move_type(rewriter.getContext(), access.alignment());
    const VectorType piece = vector_of(memory_type(element), access.width());

    llvm::SmallVector<Value> pieces;
    for (int reg = 0; reg < layout.registers(); reg += access.width()) {
      const Value inside = access.inside(reg);
      const Value other = inside ? code.bitcast(padding(code, view, piece), moved) : Value();
      const Value bits =
          load_if(code, access.pointer(reg), moved, inside, other, access.alignment());
      pieces.push_back(code.bitcast(bits, piece));
    }
    rewriter.replaceOp(op, join_pieces(code, pieces, element));
    return success();
  }
};

struct LowerStore : ConvertOpToLLVMPattern<tile::StoreOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getValue().getType());
    if (!bits_are_disjoint(layout)) return rewriter.notifyMatchFailure(op, "swizzled registers");
    const Type element = op.getView().getType().getElementType(), memory = memory_type(element);
    Code code(rewriter, op.getLoc());
    TileAccess access(code, op.getView().getType(), adaptor.getView(), adaptor.getCoordinates(),
                      op.getFull(), layout);
    Value value = adaptor.getValue();
    if (element.isInteger(1))
      value =
          LLVM::ZExtOp::create(rewriter, op.getLoc(), vector_of(memory, layout.registers()), value);
    // If several threads hold an element, one of them stores it.
    const Value holder = holds_first_copy(code, access.thread(), layout);
    for (int reg = 0; reg < layout.registers(); reg += access.width()) {
      if ((static_cast<std::uint32_t>(reg) & layout.replicated_registers()) != 0) continue;
      Value predicate = access.inside(reg);
      if (holder) predicate = predicate ? code.bit_and(predicate, holder) : holder;
      llvm::SmallVector<int32_t> group;
      for (int k = 0; k < access.width(); ++k) group.push_back(reg + k);
      const Value piece = group.size() == static_cast<std::size_t>(layout.registers())
                              ? value
                              : code.shuffle(value, group);
      store_if(code, access.pointer(reg), piece, predicate, access.alignment());
    }
    rewriter.eraseOp(op);
    return success();
  }
};

/// One access for each register, where its mask is true.
struct LowerGather : ConvertOpToLLVMPattern<tile::GatherOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::GatherOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const Type element = op.getType().getElementType(), memory = memory_type(element);
    const std::int64_t bytes = memory.getIntOrFloatBitWidth() / 8;
    const Type moved = move_type(rewriter.getContext(), bytes);
    const int registers = tile::layout_of(op.getType()).registers();
    Value result = LLVM::PoisonOp::create(rewriter, op.getLoc(), vector_of(element, registers));
    for (int reg = 0; reg < registers; ++reg) {
      const Value at = code.element_pointer(adaptor.getPointer(), memory,
                                            code.extract(adaptor.getOffsets(), reg));
      Value other = code.extract(adaptor.getOther(), reg);
      if (element.isInteger(1)) other = LLVM::ZExtOp::create(rewriter, op.getLoc(), memory, other);
      const Value bits = load_if(code, at, moved, code.extract(adaptor.getMask(), reg),
                                 code.bitcast(other, moved), bytes);
      Value value = code.bitcast(bits, memory);
      if (element.isInteger(1))
        value = LLVM::ICmpOp::create(rewriter, op.getLoc(), LLVM::ICmpPredicate::ne, value,
                                     code.constant(memory, 0));
      result = code.insert(result, value, reg);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerScatter : ConvertOpToLLVMPattern<tile::ScatterOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ScatterOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const auto layout = tile::layout_of(op.getValue().getType());
    const Type element = cast<RankedTensorType>(op.getValue().getType()).getElementType();
    const Type memory = memory_type(element);
    const Value holder = holds_first_copy(code, thread_number(code), layout);
    for (int reg = 0; reg < layout.registers(); ++reg) {
      if ((static_cast<std::uint32_t>(reg) & layout.replicated_registers()) != 0) continue;
      Value value = code.extract(adaptor.getValue(), reg);
      if (element.isInteger(1)) value = LLVM::ZExtOp::create(rewriter, op.getLoc(), memory, value);
      Value predicate = code.extract(adaptor.getMask(), reg);
      if (holder) predicate = code.bit_and(predicate, holder);
      const Value at = code.element_pointer(adaptor.getPointer(), memory,
                                            code.extract(adaptor.getOffsets(), reg));
      store_if(code, at, value, predicate, memory.getIntOrFloatBitWidth() / 8);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

}  // namespace

void populate_memory_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerView, LowerLoad, LowerStore, LowerGather, LowerScatter>(types);
}

}  // namespace tegula::compiler
