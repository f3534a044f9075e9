// Lowering of scans: inclusive prefixes along an axis, step by step (layout/scan_steps.h) from
// neighbours to ever larger groups.
//
// After a step, `totals` holds the combination of all elements of each group so far, in every
// thread of the group. The combination of what precedes a thread's own part of its group is
// collected in `prefix`, and combined with the elements once, at the end: only the first step works
// on the elements themselves.
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

using layout::ScanStep;
using Indices = llvm::SmallVector<std::int32_t>;

/// Vectors are in scan order: the registers along the axis, `a`, are slow, the other registers
/// fast. A vector of level d has one element for each 2^d of a.
class Scan {
 public:
  Scan(Code& code, tile::ScanWithOp op)
      : code_(code),
        op_(op),
        layout_(tile::layout_of(op.getResults()[0].getType())),
        reverse_(op.getReverse()),
        thread_(thread_number(code)),
        next_offset_(0) {
    if (auto offset = op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute))
      next_offset_ = offset.getInt();
  }

  Values run(const Values& values, const std::vector<ScanStep>& steps) {
    find_order(steps);
    elements_ = totals_ = pick(code_, values, order_);
    for (const ScanStep& step : steps) {
      const bool is_last = &step == &steps.back();
      switch (step.kind) {
        case ScanStep::Kind::registers:
          scan_registers(static_cast<int>(step.bits.size()));
          break;
        case ScanStep::Kind::lanes:
          scan_lanes(step, is_last);
          break;
        case ScanStep::Kind::warps:
          scan_warps(step, is_last);
          break;
      }
      is_first_ = false;
    }
    if (has_prefix_) {
      const Indices spread = repeat(0, prefix_level_);
      const Values before = pick(code_, prefix_, spread);
      elements_ =
          select(code_, code_.shuffle(has_prefix_, spread), combine(before, elements_), elements_);
    }
    Indices back(order_.size());
    for (std::size_t k = 0; k < order_.size(); ++k) back[order_[k]] = static_cast<int32_t>(k);
    return pick(code_, elements_, back);
  }

 private:
  /// Finds the register at each index of the scan order.
  void find_order(const std::vector<ScanStep>& steps) {
    llvm::SmallVector<int> along, others;  // register bits, the first the fastest
    for (const ScanStep& step : steps)
      if (step.kind == ScanStep::Kind::registers) along.append(step.bits.begin(), step.bits.end());
    for (int bit = 0; (1 << bit) < layout_.registers(); ++bit)
      if (!llvm::is_contained(along, bit)) others.push_back(bit);
    along_ = 1 << along.size();
    others_ = 1 << others.size();
    const auto spread = [](int value, llvm::ArrayRef<int> bits) {
      int reg = 0;
      for (auto [k, bit] : llvm::enumerate(bits)) reg |= (value >> k & 1) << bit;
      return reg;
    };
    for (int a = 0; a < along_; ++a)
      for (int m = 0; m < others_; ++m)
        order_.push_back(spread(reverse_ ? along_ - 1 - a : a, along) | spread(m, others));
  }

  Values combine(const Values& left, const Values& right) {
    return apply_combination(code_, op_.getCombination(), left, right);
  }

  /// For each element of a vector of level `from`, the element of the coarser level `to` that it is
  /// in.
  Indices repeat(int from, int to) const {
    Indices result;
    for (int group = 0; group < along_ >> from; ++group)
      for (int m = 0; m < others_; ++m) result.push_back((group >> (to - from)) * others_ + m);
    return result;
  }

  /// Combines `before`, what precedes each group of the level, with the prefix where `has` is true.
  void prepend(const Values& before, Value has) {
    if (!has_prefix_) {
      prefix_ = before;
      has_prefix_ = has;
      prefix_level_ = level_;
      return;
    }
    const Indices spread = repeat(prefix_level_, level_);
    const Values wide = pick(code_, before, spread);
    const Value has_wide = code_.shuffle(has, spread);
    const Values both = select(code_, has_prefix_, combine(wide, prefix_), wide);
    prefix_ = select(code_, has_wide, both, prefix_);
    has_prefix_ = LLVM::OrOp::create(code_.builder(), code_.loc(), has_prefix_, has_wide);
  }

  std::int64_t groups() const { return std::int64_t{along_ >> level_} * others_; }

  void scan_registers(int bits) {
    // Slice s has the s-th part of each group of the next level.
    const int slices = 1 << bits, upper = along_ >> (level_ + bits);
    const auto index = [&](int group, int s, int m) { return ((group << bits) | s) * others_ + m; };
    llvm::SmallVector<Values> before, after;
    for (int s = 0; s < slices; ++s) {
      Indices slice;
      for (int group = 0; group < upper; ++group)
        for (int m = 0; m < others_; ++m) slice.push_back(index(group, s, m));
      const Values part = pick(code_, totals_, slice);
      before.push_back(s == 0 ? part : after.back());
      after.push_back(s == 0 ? part : combine(after.back(), part));
    }
    Indices interleaved(static_cast<std::size_t>(slices * upper * others_));
    llvm::SmallVector<bool> has(interleaved.size());
    for (int s = 0, next = 0; s < slices; ++s)
      for (int group = 0; group < upper; ++group)
        for (int m = 0; m < others_; ++m, ++next) {
          interleaved[index(group, s, m)] = next;
          has[index(group, s, m)] = s > 0;
        }
    const auto interleave = [&](llvm::ArrayRef<Values> parts) {
      Values result;
      for (std::size_t k = 0; k < parts[0].size(); ++k) {
        llvm::SmallVector<Value> vectors;
        for (const Values& part : parts) vectors.push_back(part[k]);
        result.push_back(code_.shuffle(code_.concatenate(vectors), interleaved));
      }
      return result;
    };
    if (is_first_) {
      elements_ = interleave(after);
    } else {
      const VectorType type = vector_of(code_.i1(), static_cast<std::int64_t>(has.size()));
      prepend(interleave(before),
              LLVM::ConstantOp::create(code_.builder(), code_.loc(), type,
                                       DenseElementsAttr::get(type, llvm::ArrayRef<bool>(has))));
    }
    totals_ = after.back();
    level_ += bits;
  }

  /// Lanes whose bit is set receive what the last lane of the other half has so far. Lane numbers
  /// are in scan order: for a scan from the end, the bits of the axis are flipped.
  void scan_lanes(const ScanStep& step, bool is_last) {
    const std::uint32_t mask = step.mask();
    const Value own = code_.bit_and(thread_, code_.i32(31));
    const auto flip = [&](Value lane) {
      return reverse_ ? code_.bit_xor(lane, code_.i32(mask)) : lane;
    };
    const auto masked = [&](Value lane, std::uint32_t bits) {
      return code_.bit_and(lane, code_.i32(bits));
    };
    const auto with = [&](Value lane, Value bits) {
      return Value(LLVM::OrOp::create(code_.builder(), code_.loc(), lane, bits));
    };
    const Value lane = flip(own);
    Values inclusive = totals_;
    std::uint32_t below = 0;
    for (const int bit : step.bits) {
      const std::uint32_t half = std::uint32_t{1} << bit;
      const Value source = flip(with(masked(lane, 31 & ~half), code_.i32(below)));
      const Value is_upper = not_zero(masked(lane, half));
      inclusive =
          select(code_, is_upper, combine(from_lanes(inclusive, source), inclusive), inclusive);
      below |= half;
    }
    if (is_first_) {
      elements_ = inclusive;
    } else {
      // The lane before: one less in the bits of the mask alone.
      const Value mine = masked(lane, mask);
      const Value before = masked(code_.add(mine, code_.i32(-1)), mask);
      const Value previous = flip(with(masked(lane, 31 & ~mask), before));
      prepend(from_lanes(inclusive, previous), code_.splat(not_zero(mine), groups()));
    }
    if (!is_last) totals_ = from_lanes(inclusive, flip(with(lane, code_.i32(mask))));
    done_threads_ |= mask;
  }

  Values from_lanes(const Values& values, Value lane) {
    Values result;
    for (Value value : values) result.push_back(from_lane(code_, value, lane));
    return result;
  }
  Value not_zero(Value value) {
    return LLVM::ICmpOp::create(code_.builder(), code_.loc(), LLVM::ICmpPredicate::ne, value,
                                code_.i32(0));
  }

  /// Each warp stores its totals to shared memory, and every thread combines those of all warps.
  /// The totals of a thread are contiguous, one warp after the other.
  void scan_warps(const ScanStep& step, bool is_last) {
    const std::uint32_t mask = step.mask();
    const int warps = 1 << step.bits.size();
    Value mine = packed_warp(code_, thread_, mask, layout_.warp_columns().size());

    // Copies, and threads that earlier steps have combined, hold the same totals: one writes them.
    const std::uint32_t copies = done_threads_ | layout_.replicated_lanes() |
                                 (layout_.replicated_warps() << layout::lane_bits);
    const Value writes = copies == 0
                             ? Value()
                             : code_.equal(code_.bit_and(thread_, code_.i32(copies)), code_.i32(0));
    const std::uint32_t open = ~(copies | (mask << layout::lane_bits));
    const Value line = code_.multiply(packed_thread(open), code_.i32(warps));
    const auto slot = [&](Value warp) {
      return code_.multiply(code_.add(line, warp), code_.i32(groups()));
    };
    const std::int64_t slots =
        (std::int64_t{1} << std::popcount(open & (threads() - 1))) * warps * groups();

    if (op_->hasAttr(tile::shared_reused_attribute)) code_.barrier();
    llvm::SmallVector<Value> bases;
    for (Value total : totals_) {
      bases.push_back(code_.shared_memory(next_offset_));
      next_offset_ += tile::partial_bytes(getElementTypeOrSelf(total.getType()), slots);
      store_partials(code_, bases.back(), slot(mine), total, writes);
    }
    code_.barrier();
    llvm::SmallVector<Values> of_warps(static_cast<std::size_t>(warps));
    for (int warp = 0; warp < warps; ++warp)
      for (auto [base, total] : llvm::zip(bases, totals_))
        of_warps[reverse_ ? warps - 1 - warp : warp].push_back(load_partials(
            code_, base, getElementTypeOrSelf(total.getType()), slot(code_.i32(warp)), groups()));

    if (reverse_) mine = code_.bit_xor(mine, code_.i32(warps - 1));
    Values before = of_warps[0], sum = of_warps[0];
    for (int warp = 1; warp < warps; ++warp) {
      before = select(code_, code_.equal(mine, code_.i32(warp)), sum, before);
      if (warp + 1 < warps || !is_last) sum = combine(sum, of_warps[warp]);
    }
    prepend(before, code_.splat(not_zero(mine), groups()));
    totals_ = sum;
    done_threads_ |= mask << layout::lane_bits;
  }

  std::uint32_t threads() const { return static_cast<std::uint32_t>(32 * layout_.warps()); }

  /// The bits of the thread's number that are in `mask`, packed.
  Value packed_thread(std::uint32_t mask) {
    layout::Columns lanes(layout_.lane_columns().size(), 0),
        warps(layout_.warp_columns().size(), 0);
    std::uint32_t next = 1;
    for (layout::Columns* columns : {&lanes, &warps})
      for (std::uint32_t& column : *columns) {
        if ((mask & 1) != 0) column = next, next <<= 1;
        mask >>= 1;
      }
    return thread_linear(code_, thread_, lanes, warps);
  }

  Code& code_;
  tile::ScanWithOp op_;
  layout::Distributed layout_;
  bool reverse_;
  Value thread_;
  std::int64_t next_offset_;  ///< of shared memory not used yet

  Indices order_;
  int along_ = 1, others_ = 1;  ///< registers along the axis, and the others
  bool is_first_ = true;
  int level_ = 0;  ///< of totals_
  Values elements_, totals_;
  Values prefix_;
  Value has_prefix_;  ///< vector of i1; null: there is none
  int prefix_level_ = 0;
  std::uint32_t done_threads_ = 0;  ///< bits of the thread's number whose steps are done
};

struct LowerScanWith : ConvertOpToLLVMPattern<tile::ScanWithOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::ScanWithOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getResults()[0].getType());
    const auto steps = layout::scan_steps(layout, static_cast<int>(op.getAxis()));
    if (!steps) return rewriter.notifyMatchFailure(op, "the layout mixes the axis with others");
    Code code(rewriter, op.getLoc());
    rewriter.replaceOp(op, Scan(code, op).run(Values(adaptor.getValues()), *steps));
    return success();
  }
};

}  // namespace

void populate_scan_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerScanWith>(types);
}

}  // namespace tegula::compiler
