// Lowering of operations that only rearrange registers: splat, iota, broadcast, reshape, join,
// split; and of program ids and barriers.
#include "compiler/layout/conversion.h"
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

struct LowerProgramId : ConvertOpToLLVMPattern<tile::ProgramIdOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ProgramIdOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    static constexpr llvm::StringRef names[] = {"llvm.nvvm.read.ptx.sreg.ctaid.x",
                                                "llvm.nvvm.read.ptx.sreg.ctaid.y",
                                                "llvm.nvvm.read.ptx.sreg.ctaid.z"};
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, code.intrinsic(names[op.getAxis()], code.i32(), {}));
    return success();
  }
};

struct LowerSplat : ConvertOpToLLVMPattern<tile::SplatOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::SplatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op,
                       code.splat(adaptor.getValue(), tile::layout_of(op.getType()).registers()));
    return success();
  }
};

/// Constants that folding makes of operations on equal tiles, also while this pass runs.
struct LowerConstant : ConvertOpToLLVMPattern<arith::ConstantOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto elements = dyn_cast<SplatElementsAttr>(op.getValue());
    const auto tile = dyn_cast<RankedTensorType>(op.getType());
    if (!elements || !tile || !tile::has_layout(tile)) return failure();
    const auto registers = cast<VectorType>(getTypeConverter()->convertType(tile));
    rewriter.replaceOpWithNewOp<LLVM::ConstantOp>(
        op, registers, DenseElementsAttr::get(registers, elements.getSplatValue<Attribute>()));
    return success();
  }
};

struct LowerIota : ConvertOpToLLVMPattern<tile::IotaOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::IotaOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getType());
    Code code(rewriter, op.getLoc());
    const Value of_thread =
        thread_linear(code, thread_number(code), layout.lane_columns(), layout.warp_columns());
    llvm::SmallVector<int32_t> of_register;
    for (int r = 0; r < layout.registers(); ++r)
      of_register.push_back(static_cast<int32_t>(layout.index(r, 0, 0)));
    const VectorType type = vector_of(code.i32(), layout.registers());
    const Value registers = LLVM::ConstantOp::create(
        rewriter, op.getLoc(), type, DenseElementsAttr::get(type, llvm::ArrayRef(of_register)));
    rewriter.replaceOp(op, code.bit_xor(code.splat(of_thread, layout.registers()), registers));
    return success();
  }
};

struct LowerReshape : ConvertOpToLLVMPattern<tile::ReshapeOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ReshapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOp(op, adaptor.getValue());  // the verifier has checked the layouts
    return success();
  }
};

struct LowerNumPrograms : ConvertOpToLLVMPattern<tile::NumProgramsOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::NumProgramsOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    static constexpr llvm::StringRef names[] = {"llvm.nvvm.read.ptx.sreg.nctaid.x",
                                                "llvm.nvvm.read.ptx.sreg.nctaid.y",
                                                "llvm.nvvm.read.ptx.sreg.nctaid.z"};
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, code.intrinsic(names[op.getAxis()], code.i32(), {}));
    return success();
  }
};

struct LowerBarrier : ConvertOpToLLVMPattern<tile::BarrierOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::BarrierOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code(rewriter, op.getLoc()).barrier();
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerTranspose : ConvertOpToLLVMPattern<tile::TransposeOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::TransposeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOp(op, adaptor.getValue());  // only the meaning of the columns changes
    return success();
  }
};

/// For each register of the whole, which half it belongs to, and the register of that half.
struct HalfRegister {
  int reg = 0;
  int half = 0;
};
std::vector<HalfRegister> half_registers(const layout::Distributed& whole,
                                         const layout::Distributed& half) {
  std::vector<HalfRegister> result;
  for (int r = 0; r < whole.registers(); ++r) {
    const std::uint32_t flat = whole.index(static_cast<std::uint32_t>(r), 0, 0);
    int source = 0;
    while (half.index(static_cast<std::uint32_t>(source), 0, 0) != flat >> 1) ++source;
    result.push_back({source, static_cast<int>(flat & 1)});
  }
  return result;
}

struct LowerJoin : ConvertOpToLLVMPattern<tile::JoinOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::JoinOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto half = tile::layout_of(op.getFirst().getType());
    llvm::SmallVector<int32_t> indices;
    for (const HalfRegister& h : half_registers(tile::layout_of(op.getType()), half))
      indices.push_back(h.reg + h.half * half.registers());
    rewriter.replaceOp(op, LLVM::ShuffleVectorOp::create(rewriter, op.getLoc(), adaptor.getFirst(),
                                                         adaptor.getSecond(), indices));
    return success();
  }
};

struct LowerSplit : ConvertOpToLLVMPattern<tile::SplitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::SplitOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto whole = tile::layout_of(op.getValue().getType());
    const auto half = tile::layout_of(op.getFirst().getType());
    llvm::SmallVector<int32_t> indices[2];
    for (auto& list : indices) list.resize(static_cast<std::size_t>(half.registers()));
    const auto registers = half_registers(whole, half);
    for (int r = 0; r < whole.registers(); ++r) indices[registers[r].half][registers[r].reg] = r;
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, {code.shuffle(adaptor.getValue(), indices[0]),
                            code.shuffle(adaptor.getValue(), indices[1])});
    return success();
  }
};

/// A layout of one element has it in register 0 of every thread.
struct LowerToScalar : ConvertOpToLLVMPattern<tile::ToScalarOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ToScalarOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, code.extract(adaptor.getValue(), 0));
    return success();
  }
};

struct LowerBroadcast : ConvertOpToLLVMPattern<tile::BroadcastOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::BroadcastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto from = tile::layout_of(op.getValue().getType());
    const auto to = tile::layout_of(op.getType());
    const auto sources =
        layout::register_sources(from, to, layout::broadcast_projection(from.shape(), to.shape()));
    if (!sources) return rewriter.notifyMatchFailure(op, "data would move between threads");
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, code.shuffle(adaptor.getValue(), as_indices(*sources)));
    return success();
  }
};

}  // namespace

void populate_shape_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerProgramId, LowerNumPrograms, LowerBarrier, LowerTranspose, LowerJoin,
               LowerSplit, LowerSplat, LowerIota, LowerReshape, LowerToScalar, LowerBroadcast>(
      types);
  // Before the pattern of arith, which would keep the elements of the whole tile.
  patterns.add<LowerConstant>(types, /*benefit=*/2);
}

}  // namespace tegula::compiler
