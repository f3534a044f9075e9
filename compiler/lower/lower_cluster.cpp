// Lowering of a cluster's collectives: every block stores its tile to its shared memory and waits
// at the cluster's barrier; then every thread reads its elements from one block after the other,
// combines them, and arrives once more, so that the others know that it has read.
#include <numeric>

#include "compiler/lower/combination.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

void arrive(Code& code) { code.intrinsic("llvm.nvvm.barrier.cluster.arrive.aligned", {}); }
void wait(Code& code) { code.intrinsic("llvm.nvvm.barrier.cluster.wait.aligned", {}); }

/// How many registers hold consecutive elements and are moved together, at most 16 bytes.
int registers_at_once(const layout::Distributed& layout, int bytes) {
  const auto& columns = layout.register_columns();
  std::size_t bits = 0;
  while (bits < columns.size() && columns[bits] == 1u << bits && (2 << bits) * bytes <= 16) ++bits;
  return 1 << bits;
}

struct LowerClusterReduce : ConvertOpToLLVMPattern<tile::ClusterReduceOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ClusterReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    const auto layout = tile::layout_of(op.getType());
    const Type element = op.getType().getElementType();
    const int bytes = static_cast<int>(element.getIntOrFloatBitWidth() / 8);
    const int width = registers_at_once(layout, bytes);
    const Value thread = thread_number(code);
    const Value of_thread =
        thread_linear(code, thread, layout.lane_columns(), layout.warp_columns());
    const Value base =
        code.shared_memory(op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt());

    // The addresses of each piece of `width` registers; null where an earlier one has the same.
    llvm::SmallVector<Value> addresses;
    for (int first = 0; first < layout.registers(); first += width) {
      const auto reg = static_cast<std::uint32_t>(first);
      const Value index = code.bit_xor(of_thread, code.i32(layout.index(reg, 0, 0)));
      addresses.push_back((reg & layout.replicated_registers()) != 0
                              ? Value()
                              : code.element_pointer(base, element, index));
    }
    const auto piece = [&](std::size_t k) {
      llvm::SmallVector<int32_t> registers(static_cast<std::size_t>(width));
      std::iota(registers.begin(), registers.end(), static_cast<int32_t>(k) * width);
      return registers;
    };

    const Value writes = holds_first_copy(code, thread, layout);
    for (auto [k, address] : llvm::enumerate(addresses))
      if (address)
        store_if(code, address, pick(code, {adaptor.getValue()}, piece(k))[0], writes,
                 width * bytes);
    arrive(code);
    wait(code);

    llvm::SmallVector<Value> totals(addresses.size());
    for (std::uint32_t rank = 0; rank < op.getBlocks(); ++rank)
      for (auto [k, address] : llvm::enumerate(addresses)) {
        if (!address) continue;
        const Value part = load(code, address, rank, vector_of(element, width));
        totals[k] = rank == 0 ? part : combine(code, op.getKind(), totals[k], part);
      }
    arrive(code);

    Value result = LLVM::PoisonOp::create(rewriter, op.getLoc(), adaptor.getValue().getType());
    for (int reg = 0; reg < layout.registers(); ++reg) {
      const auto source = reg & ~static_cast<int>(layout.replicated_registers());
      result = code.insert(
          result, code.extract(totals[static_cast<std::size_t>(source / width)], source % width),
          reg);
    }
    rewriter.replaceOp(op, result);
    return success();
  }

  static Value load(Code& code, Value address, std::uint32_t rank, VectorType type) {
    const std::int64_t bytes =
        type.getNumElements() * type.getElementType().getIntOrFloatBitWidth() / 8;
    const Type moved = move_type(code.context(), bytes);
    return code.bitcast(
        call_marker(code, "cluster_load." + name_in_marker(moved), moved, {address, code.i32(rank)}),
        type);
  }
};

struct LowerClusterWait : ConvertOpToLLVMPattern<tile::ClusterWaitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ClusterWaitOp op, OpAdaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Code code(rewriter, op.getLoc());
    wait(code);
    rewriter.eraseOp(op);
    return success();
  }
};

}  // namespace

void populate_cluster_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerClusterReduce, LowerClusterWait>(types);
}

}  // namespace tegula::compiler
