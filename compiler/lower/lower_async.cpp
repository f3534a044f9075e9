// Lowering of asynchronous copies: each thread's pieces of a tile go to its own part of shared
// memory, and it reads them back itself. The pieces of all threads with the same number are
// contiguous, so neither direction has bank conflicts.
#include "compiler/analysis/alignment.h"
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "compiler/lower/tile_access.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// The addresses of a thread's pieces in one slot.
class Slot {
 public:
  template <class Op>
  Slot(Code& code, Op op, const TileAccess& access, Value slot, const layout::Distributed& layout)
      : code_(code),
        layout_(layout),
        shape_(queue_shape(op.getView().getType(), op.getFull(), layout)) {
    const auto offset =
        op->template getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt();
    const Value offset_in_queue =
        code.add(code.multiply(slot, code.i32(shape_.slot_bytes())),
                 code.multiply(access.thread(), code.i32(shape_.piece_bytes)));
    base_ = code.element_pointer(code.shared_memory(offset), code.builder().getI8Type(),
                                 offset_in_queue);
  }

  /// The registers that begin a piece; copies of others are left out.
  llvm::SmallVector<int> pieces() const {
    llvm::SmallVector<int> result;
    for (int reg = 0; reg < layout_.registers(); reg += shape_.width)
      if ((static_cast<std::uint32_t>(reg) & layout_.replicated_registers()) == 0)
        result.push_back(reg);
    return result;
  }

  Value pointer(std::int64_t piece) {
    return piece == 0 ? base_
                      : code_.byte_pointer(base_, piece * shape_.threads * shape_.piece_bytes);
  }

 private:
  Code& code_;
  layout::Distributed layout_;
  QueueShape shape_;
  Value base_;
};

struct LowerAsyncCopy : ConvertOpToLLVMPattern<tile::AsyncCopyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AsyncCopyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getTile());
    Code code(rewriter, op.getLoc());
    TileAccess access(code, op.getView().getType(), adaptor.getView(), adaptor.getCoordinates(),
                      op.getFull(), layout);
    Slot slot(code, op, access, adaptor.getSlot(), layout);
    const std::int64_t size = access.alignment();
    const bool cached = op.getCached() || size < widest_access_bytes;
    const Value whole = code.i32(size), nothing = code.i32(0);
    const std::string name = (cached ? "async_copy.l1." : "async_copy.l2.") + std::to_string(size);
    for (const auto& [piece, reg] : llvm::enumerate(slot.pieces())) {
      Value bytes = whole;
      if (const Value inside = access.inside(reg))
        bytes = LLVM::SelectOp::create(rewriter, op.getLoc(), inside, whole, nothing);
      call_marker(code, name,
                  {slot.pointer(static_cast<std::int64_t>(piece)), access.pointer(reg), bytes});
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerAsyncRead : ConvertOpToLLVMPattern<tile::AsyncReadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AsyncReadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getType());
    const auto view = op.getView().getType();
    const Type element = cast<RankedTensorType>(op.getType()).getElementType();
    Code code(rewriter, op.getLoc());
    TileAccess access(code, view, adaptor.getView(), adaptor.getCoordinates(), op.getFull(),
                      layout);
    Slot slot(code, op, access, adaptor.getSlot(), layout);
    const VectorType piece_type = vector_of(memory_type(element), access.width());
    const Type moved = move_type(rewriter.getContext(), access.alignment());

    llvm::SmallVector<Value> pieces(static_cast<std::size_t>(layout.registers() / access.width()));
    for (const auto& [piece, reg] : llvm::enumerate(slot.pieces())) {
      const Value pointer = slot.pointer(static_cast<std::int64_t>(piece));
      Value bits = LLVM::LoadOp::create(rewriter, op.getLoc(), moved, pointer,
                                        static_cast<unsigned>(access.alignment()));
      // The copy has left 0 where the tensor ends.
      const Value inside = view.getPadBits() == 0 ? Value() : access.inside(reg);
      if (inside)
        bits = LLVM::SelectOp::create(rewriter, op.getLoc(), inside, bits,
                                      code.bitcast(padding(code, view, piece_type), moved));
      pieces[static_cast<std::size_t>(reg / access.width())] = code.bitcast(bits, piece_type);
    }
    for (std::size_t k = 0; k < pieces.size(); ++k) {
      const auto reg = static_cast<std::uint32_t>(k) * static_cast<std::uint32_t>(access.width());
      const std::uint32_t first = reg & ~layout.replicated_registers();
      pieces[k] = pieces[first / static_cast<std::uint32_t>(access.width())];
    }
    rewriter.replaceOp(op, join_pieces(code, pieces, element));
    return success();
  }
};

struct LowerAsyncCommit : ConvertOpToLLVMPattern<tile::AsyncCommitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AsyncCommitOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    // The kernel's shared memory stands for its queues: see backend/markers/async.cpp.
    call_marker(code, "async_commit", code.shared_memory(0));
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerAsyncWait : ConvertOpToLLVMPattern<tile::AsyncWaitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::AsyncWaitOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    call_marker(code, "async_wait." + llvm::Twine(op.getPending()), code.shared_memory(0));
    rewriter.eraseOp(op);
    return success();
  }
};

}  // namespace

void populate_async_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerAsyncCopy, LowerAsyncRead, LowerAsyncCommit, LowerAsyncWait>(types);
}

}  // namespace tegula::compiler
