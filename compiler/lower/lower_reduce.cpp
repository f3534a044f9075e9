// Lowering of reductions: registers, then lanes by butterfly shuffles, then warps through shared
// memory. The order is fixed by the layout, so the result is the same in every run and in every
// thread that holds it.
#include <algorithm>
#include <bit>
#include <numeric>

#include "compiler/ir/scratch.h"
#include "compiler/layout/scan_steps.h"
#include "compiler/lower/combination.h"
#include "compiler/lower/patterns.h"
#include "compiler/lower/transfer.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// The registers whose numbers have the given values at the given bits.
llvm::SmallVector<int32_t> registers_with(std::int64_t count, llvm::ArrayRef<int> bits,
                                          std::uint32_t values) {
  llvm::SmallVector<int32_t> registers;
  for (int32_t k = 0; k < count; ++k) {
    bool takes = true;
    for (std::size_t i = 0; i < bits.size(); ++i)
      takes &= (k >> bits[i] & 1) == static_cast<int32_t>(values >> i & 1);
    if (takes) registers.push_back(k);
  }
  return registers;
}

// A thread's own sum is computed in chains, since a chain of sums of products becomes a chain of
// fma: at least four chains, which keeps the pipeline busy, of at most eight parts each, which is
// nearly as accurate as pairwise summation.
constexpr int chains_bits = 2;
constexpr int parts_bits = 3;

/// A reduction in progress: how elements are combined, and whether the sides may be swapped.
struct Reduction {
  Code& code;
  Operation* op;
  layout::Distributed source, result;
  int axis;
  Combine combine;
  bool symmetric;

  /// Registers, then lanes, then warps.
  Values fold(Values values) const {
    values = fold_lanes(fold_registers(std::move(values)));
    return source.axis_warp_bits(axis) == 0 ? values : fold_warps(values);
  }

  /// Leaves one element for each result register: by chains over the highest bits of the registers'
  /// numbers, then by halves.
  Values fold_registers(Values values) const {
    llvm::SmallVector<int> folds;  // the register bits, lowest first
    for (std::size_t bit = 0; bit < source.register_columns().size(); ++bit)
      if ((source.register_columns()[bit] & source.axis_mask(axis)) != 0)
        folds.push_back(static_cast<int>(bit));
    const auto fold = [&](llvm::ArrayRef<int> bits) {
      const Values whole = values;
      const auto count = cast<VectorType>(whole[0].getType()).getNumElements();
      for (std::uint32_t part = 0; part < 1u << bits.size(); ++part) {
        const Values next = pick(code, whole, registers_with(count, bits, part));
        values = part == 0 ? next : combine(values, next);
      }
    };
    if (folds.size() > chains_bits) {
      const std::size_t parts = std::min<std::size_t>(folds.size() - chains_bits, parts_bits);
      fold(llvm::ArrayRef(folds).take_back(parts));
      folds.truncate(folds.size() - parts);
    }
    for (const int bit : llvm::reverse(folds)) fold(bit);
    return values;
  }

  /// Butterflies. Both lanes of a pair combine in the same order, or they would round differently.
  Values fold_lanes(Values values) const {
    const std::uint32_t lane_bits = source.axis_lane_bits(axis);
    const Value thread = lane_bits != 0 && !symmetric ? thread_number(code) : Value();
    for (int bit = layout::lane_bits - 1; bit >= 0; --bit) {
      if ((lane_bits >> bit & 1) == 0) continue;
      Values others;
      for (Value value : values) others.push_back(from_lane_across(code, value, 1 << bit));
      if (symmetric) {
        values = combine(values, others);
        continue;
      }
      const Value is_left =
          code.equal(code.bit_and(thread, code.i32(std::int64_t{1} << bit)), code.i32(0));
      values =
          combine(select(code, is_left, values, others), select(code, is_left, others, values));
    }
    return values;
  }

  /// Each warp stores its partial results to shared memory, then every thread combines those of all
  /// warps that share its rows. The partial results of one row are contiguous.
  Values fold_warps(const Values& values) const {
    const std::uint32_t warp_bits = source.axis_warp_bits(axis);
    const int partials = 1 << std::popcount(warp_bits);
    const Value thread = thread_number(code);
    const Value mine = packed_warp(code, thread, warp_bits, source.warp_columns().size());
    const Value row = thread_linear(code, thread, result.lane_columns(), result.warp_columns());
    llvm::SmallVector<Value> slots;
    for (int reg = 0; reg < result.registers(); ++reg)
      slots.push_back(code.multiply(
          code.bit_xor(row, code.i32(result.index(static_cast<std::uint32_t>(reg), 0, 0))),
          code.i32(partials)));

    // Of the threads that hold the same partial result, one writes it: the copies in the result
    // that are not warps of this row.
    const std::uint32_t copies =
        result.replicated_lanes() | ((result.replicated_warps() & ~warp_bits) << layout::lane_bits);
    const Value writes =
        copies == 0 ? Value() : code.equal(code.bit_and(thread, code.i32(copies)), code.i32(0));

    std::int64_t offset = op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt();
    llvm::SmallVector<Value> bases;
    for (Value value : values) {
      bases.push_back(code.shared_memory(offset));
      offset +=
          tile::partial_bytes(getElementTypeOrSelf(value.getType()), result.size() * partials);
    }
    if (op->hasAttr(tile::shared_reused_attribute)) code.barrier();
    for (auto [base, value] : llvm::zip(bases, values))
      for (int reg = 0; reg < result.registers(); ++reg)
        store_partials(code, base, code.add(slots[reg], mine), pick(code, {value}, {reg})[0],
                       writes);
    code.barrier();

    Values totals;
    for (Value value : values)
      totals.push_back(LLVM::PoisonOp::create(code.builder(), code.loc(), value.getType()));
    for (int reg = 0; reg < result.registers(); ++reg) {
      Values row_partials;
      for (auto [base, value] : llvm::zip(bases, values))
        row_partials.push_back(
            load_partials(code, base, getElementTypeOrSelf(value.getType()), slots[reg], partials));
      for (int32_t half = partials / 2; half > 0; half /= 2) {
        llvm::SmallVector<int32_t> low(static_cast<std::size_t>(half)), high;
        std::iota(low.begin(), low.end(), 0);
        for (int32_t k : low) high.push_back(k + half);
        row_partials = combine(pick(code, row_partials, low), pick(code, row_partials, high));
      }
      for (auto [total, row_total] : llvm::zip(totals, row_partials))
        total = code.insert(total, code.extract(row_total, 0), reg);
    }
    return totals;
  }
};

Value widen(Code& code, Value value, VectorType type) {
  if (isa<FloatType>(type.getElementType()))
    return LLVM::FPExtOp::create(code.builder(), code.loc(), type, value);
  return LLVM::ZExtOp::create(code.builder(), code.loc(), type, value);
}
Value narrow(Code& code, Value value, VectorType type) {
  if (isa<FloatType>(type.getElementType()))
    return LLVM::FPTruncOp::create(code.builder(), code.loc(), type, value);
  return LLVM::TruncOp::create(code.builder(), code.loc(), type, value);
}

struct LowerReduce : ConvertOpToLLVMPattern<tile::ReduceOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const int axis = static_cast<int>(op.getAxis());
    const auto source = tile::layout_of(op.getValue().getType());
    const auto result = tile::layout_of(op.getType());
    if (!source.is_separable(axis))
      return rewriter.notifyMatchFailure(op, "the layout mixes the axis with others");
    Code code(rewriter, op.getLoc());
    const Type element = op.getType().getElementType();
    const Type wide = tile::accumulator_type(element);

    Value value = adaptor.getValue();
    if (wide != element) value = widen(code, value, vector_of(wide, source.registers()));
    const auto by_kind = [&](const Values& a, const Values& b) {
      return Values{combine(code, op.getKind(), a[0], b[0])};
    };
    value = Reduction{code, op, source, result, axis, by_kind, /*symmetric=*/true}.fold({value})[0];
    if (wide != element) value = narrow(code, value, vector_of(element, result.registers()));
    rewriter.replaceOp(op, value);
    return success();
  }
};

struct LowerReduceWith : ConvertOpToLLVMPattern<tile::ReduceWithOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ReduceWithOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const int axis = static_cast<int>(op.getAxis());
    const auto source = tile::layout_of(op.getValues()[0].getType());
    const auto result = tile::layout_of(op.getResults()[0].getType());
    if (!layout::scan_steps(source, axis))
      return rewriter.notifyMatchFailure(op, "the layout mixes the axis with others");
    Code code(rewriter, op.getLoc());
    const auto by_region = [&](const Values& a, const Values& b) {
      return apply_combination(code, op.getCombination(), a, b);
    };
    const Reduction reduction{
        code, op, source, result, axis, by_region, is_symmetric(op.getCombination())};
    rewriter.replaceOp(op, reduction.fold(Values(adaptor.getValues())));
    return success();
  }
};

}  // namespace

void populate_reduce_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerReduce, LowerReduceWith>(types);
}

}  // namespace tegula::compiler
