// Lowering of what only rearranges registers: splat, iota, broadcast, reshape, program ids; and of
// layout conversions, which may go through shared memory.
#include <numeric>

#include "compiler/layout/conversion.h"
#include "compiler/passes/allocate_shared.h"
#include "compiler/passes/lowering.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

llvm::SmallVector<int32_t> as_indices(const std::vector<std::uint32_t>& registers) {
  return {registers.begin(), registers.end()};
}

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
    rewriter.replaceOp(op, adaptor.getValue());  // the verifier holds the layouts to it
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

/// The register of the half that goes with each register of the whole, and which half it is.
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

/// Renames registers where each thread already has what it needs; otherwise every element goes to
/// its row-major place in shared memory and comes back.
struct LowerConvertLayout : ConvertOpToLLVMPattern<tile::ConvertLayoutOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ConvertLayoutOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto from = tile::layout_of(op.getValue().getType());
    const auto to = tile::layout_of(op.getType());
    Code code(rewriter, op.getLoc());
    if (const auto sources = layout::register_sources(from, to)) {
      rewriter.replaceOp(op, code.shuffle(adaptor.getValue(), as_indices(*sources)));
      return success();
    }

    const Type element = op.getType().getElementType();
    const bool boolean = element.isInteger(1);
    const Type memory = boolean ? Type(rewriter.getI8Type()) : element;
    const int64_t offset = op->getAttrOfType<IntegerAttr>(shared_offset_attribute).getInt();
    const Value base = code.shared_memory(offset);
    const Value thread = thread_number(code);
    const auto place = [&](const layout::Distributed& layout, const Value& of_thread, int reg) {
      return code.element_pointer(base, memory,
                                  code.bit_xor(of_thread, code.i32(layout.index(reg, 0, 0))));
    };

    if (op->hasAttr(shared_reused_attribute)) code.barrier();
    const Value writes = holds_first_copy(code, thread, from);
    const Value writer = thread_linear(code, thread, from.lane_columns(), from.warp_columns());
    for (int r = 0; r < from.registers(); ++r) {
      if ((static_cast<std::uint32_t>(r) & from.replicated_registers()) != 0) continue;
      Value value = code.extract(adaptor.getValue(), r);
      if (boolean) value = LLVM::ZExtOp::create(rewriter, op.getLoc(), memory, value);
      store_if(code, place(from, writer, r), value, writes, memory.getIntOrFloatBitWidth() / 8);
    }
    code.barrier();
    const Value reader = thread_linear(code, thread, to.lane_columns(), to.warp_columns());
    Value result =
        LLVM::PoisonOp::create(rewriter, op.getLoc(), vector_of(element, to.registers()));
    for (int r = 0; r < to.registers(); ++r) {
      Value value = LLVM::LoadOp::create(rewriter, op.getLoc(), memory, place(to, reader, r));
      if (boolean) value = LLVM::TruncOp::create(rewriter, op.getLoc(), element, value);
      result = code.insert(result, value, r);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

}  // namespace

void populate_shape_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns
      .add<LowerProgramId, LowerNumPrograms, LowerBarrier, LowerTranspose, LowerJoin, LowerSplit,
           LowerSplat, LowerIota, LowerReshape, LowerToScalar, LowerBroadcast, LowerConvertLayout>(
          types);
}

}  // namespace tegula::compiler
