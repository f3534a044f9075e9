// Lowering of reductions: registers, then lanes by butterfly shuffles, then warps through shared
// memory. The order is fixed by the layout, so the result is the same in every run and in every
// thread that holds it.
#include <algorithm>
#include <bit>

#include "compiler/layout/conversion.h"
#include "compiler/passes/allocate_shared.h"
#include "compiler/passes/lowering.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// Combines two values or vectors of one type.
Value combine(Code& code, tile::ReduceKind kind, Value a, Value b) {
  OpBuilder& builder = code.builder();
  const Location loc = code.loc();
  const bool floating = isa<FloatType>(getElementTypeOrSelf(a.getType()));
  switch (kind) {
    case tile::ReduceKind::sum:
      return floating ? Value(LLVM::FAddOp::create(builder, loc, a, b)) : code.add(a, b);
    case tile::ReduceKind::min:
      return floating ? Value(LLVM::MinimumOp::create(builder, loc, a, b))
                      : Value(LLVM::SMinOp::create(builder, loc, a, b));
    case tile::ReduceKind::max:
      return floating ? Value(LLVM::MaximumOp::create(builder, loc, a, b))
                      : Value(LLVM::SMaxOp::create(builder, loc, a, b));
    case tile::ReduceKind::umin:
      return LLVM::UMinOp::create(builder, loc, a, b);
    case tile::ReduceKind::umax:
      return LLVM::UMaxOp::create(builder, loc, a, b);
    case tile::ReduceKind::bit_and:
      return code.bit_and(a, b);
    case tile::ReduceKind::bit_or:
      return LLVM::OrOp::create(builder, loc, a, b);
    case tile::ReduceKind::bit_xor:
      return code.bit_xor(a, b);
  }
  llvm_unreachable("unknown reduction");
}

/// Which registers have the given values at the given bits of their numbers.
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

// A thread's own sum is made by chains, as a chain of sums of products is one of fma: at least four
// chains, which keeps the pipeline busy, of at most eight parts, which keeps nearly the accuracy of
// sums by halves.
constexpr int chains_bits = 2;
constexpr int parts_bits = 3;

/// Folds the registers of `value`, which `source` lays out, along the axis, until one element for
/// each result register is left: chains over the highest bits of their numbers, then halves.
Value fold_registers(Code& code, tile::ReduceKind kind, Value value,
                     const layout::Distributed& source, int axis) {
  llvm::SmallVector<int> folds;  // the register bits, lowest first
  for (std::size_t bit = 0; bit < source.register_columns().size(); ++bit)
    if ((source.register_columns()[bit] & source.axis_mask(axis)) != 0)
      folds.push_back(static_cast<int>(bit));
  const auto fold = [&](llvm::ArrayRef<int> bits) {
    const Value whole = value;
    const auto count = cast<VectorType>(whole.getType()).getNumElements();
    for (std::uint32_t part = 0; part < 1u << bits.size(); ++part) {
      const Value next = code.shuffle(whole, registers_with(count, bits, part));
      value = part == 0 ? next : combine(code, kind, value, next);
    }
  };
  if (folds.size() > chains_bits) {
    const std::size_t parts = std::min<std::size_t>(folds.size() - chains_bits, parts_bits);
    fold(llvm::ArrayRef(folds).take_back(parts));
    folds.truncate(folds.size() - parts);
  }
  for (const int bit : llvm::reverse(folds)) fold(bit);
  return value;
}

/// The value of the lane whose number differs in the bits of `mask`, of any type of 4 or 8 bytes
/// (narrower integers travel as 4).
Value shuffle_butterfly(Code& code, Value value, int mask) {
  const Type type = value.getType();
  const auto one = [&](Value v) {
    return code.intrinsic("llvm.nvvm.shfl.sync.bfly.i32", code.i32(),
                          {code.i32(-1), v, code.i32(mask), code.i32(31)});
  };
  const unsigned bits = type.getIntOrFloatBitWidth();
  if (bits == 32) return code.bitcast(one(code.bitcast(value, code.i32())), type);
  if (bits == 64) {
    const Value pair = code.bitcast(value, vector_of(code.i32(), 2));
    Value result = LLVM::PoisonOp::create(code.builder(), code.loc(), vector_of(code.i32(), 2));
    for (int half = 0; half < 2; ++half)
      result = code.insert(result, one(code.extract(pair, half)), half);
    return code.bitcast(result, type);
  }
  const Value wide = LLVM::ZExtOp::create(code.builder(), code.loc(), code.i32(), value);
  return LLVM::TruncOp::create(code.builder(), code.loc(), type, one(wide));
}

Value fold_lanes(Code& code, tile::ReduceKind kind, Value value, std::uint32_t lane_bits) {
  const auto count = cast<VectorType>(value.getType()).getNumElements();
  for (int bit = layout::lane_bits - 1; bit >= 0; --bit) {
    if ((lane_bits >> bit & 1) == 0) continue;
    Value others = LLVM::PoisonOp::create(code.builder(), code.loc(), value.getType());
    for (int64_t k = 0; k < count; ++k)
      others = code.insert(others, shuffle_butterfly(code, code.extract(value, k), 1 << bit), k);
    value = combine(code, kind, value, others);
  }
  return value;
}

/// Each warp leaves its partial results in shared memory, then every thread combines those of all
/// warps that share its rows. The partials of one row lie side by side.
Value fold_warps(Code& code, tile::ReduceOp op, Value value, const layout::Distributed& source,
                 const layout::Distributed& result) {
  const int axis = static_cast<int>(op.getAxis());
  const std::uint32_t warp_bits = source.axis_warp_bits(axis);
  const int partials = 1 << std::popcount(warp_bits);
  const Type element = cast<VectorType>(value.getType()).getElementType();
  const Value base =
      code.shared_memory(op->getAttrOfType<IntegerAttr>(shared_offset_attribute).getInt());
  const Value thread = thread_number(code);

  // Which of the partials of a row this warp makes: its axis bits, packed.
  layout::Columns packed(source.warp_columns().size(), 0);
  for (int bit = 0, next = 0; bit < static_cast<int>(packed.size()); ++bit)
    if ((warp_bits >> bit & 1) != 0) packed[bit] = std::uint32_t{1} << next++;
  const layout::Columns no_lanes(layout::lane_bits, 0);
  const Value mine = thread_linear(code, thread, no_lanes, packed);

  const Value row = thread_linear(code, thread, result.lane_columns(), result.warp_columns());
  const auto slot = [&](int reg) {
    const Value index =
        code.bit_xor(row, code.i32(result.index(static_cast<std::uint32_t>(reg), 0, 0)));
    return code.multiply(index, code.i32(partials));
  };

  // Of the threads that hold the same partial, one writes it: the copies in the result that are
  // not warps of this row.
  const std::uint32_t copies =
      result.replicated_lanes() | ((result.replicated_warps() & ~warp_bits) << layout::lane_bits);
  const Value writes =
      copies == 0 ? Value() : code.equal(code.bit_and(thread, code.i32(copies)), code.i32(0));

  const std::int64_t element_bytes = element.getIntOrFloatBitWidth() / 8;
  if (op->hasAttr(shared_reused_attribute)) code.barrier();
  for (int reg = 0; reg < result.registers(); ++reg) {
    const Value at = code.element_pointer(base, element, code.add(slot(reg), mine));
    store_if(code, at, code.extract(value, reg), writes, element_bytes);
  }
  code.barrier();

  Value total = LLVM::PoisonOp::create(code.builder(), code.loc(), value.getType());
  const std::int64_t width = std::min<std::int64_t>(partials, 16 / element_bytes);
  for (int reg = 0; reg < result.registers(); ++reg) {
    const Value first = slot(reg);
    llvm::SmallVector<Value> pieces;
    for (std::int64_t k = 0; k < partials; k += width) {
      const Value at = code.element_pointer(base, element, code.add(first, code.i32(k)));
      pieces.push_back(LLVM::LoadOp::create(code.builder(), code.loc(), vector_of(element, width),
                                            at, static_cast<unsigned>(width * element_bytes)));
    }
    Value row_partials = code.concatenate(pieces);
    for (std::int64_t count = partials; count > 1; count /= 2) {
      llvm::SmallVector<int32_t> low, high;
      for (int32_t k = 0; k < count / 2; ++k) {
        low.push_back(k);
        high.push_back(k + static_cast<int32_t>(count / 2));
      }
      row_partials = combine(code, op.getKind(), code.shuffle(row_partials, low),
                             code.shuffle(row_partials, high));
    }
    total = code.insert(total, code.extract(row_partials, 0), reg);
  }
  return total;
}

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
    const Type wide = accumulator_type(element);

    Value value = adaptor.getValue();
    if (wide != element) value = widen(code, value, vector_of(wide, source.registers()));
    value = fold_registers(code, op.getKind(), value, source, axis);
    value = fold_lanes(code, op.getKind(), value, source.axis_lane_bits(axis));
    if (source.axis_warp_bits(axis) != 0) value = fold_warps(code, op, value, source, result);
    if (wide != element) value = narrow(code, value, vector_of(element, result.registers()));
    rewriter.replaceOp(op, value);
    return success();
  }
};

}  // namespace

void populate_reduce_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerReduce>(types);
}

}  // namespace tegula::compiler
