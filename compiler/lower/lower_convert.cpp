// Lowering of layout conversions: registers are renamed if each thread has what it needs; shuffles
// within warps if they cost no more than shared memory; otherwise through swizzled shared memory.
#include <bit>
#include <numeric>

#include "compiler/layout/conversion.h"
#include "compiler/layout/memory.h"
#include "compiler/layout/shuffle.h"
#include "compiler/lower/code.h"
#include "compiler/lower/patterns.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using layout::Distributed;

Value widen_integers(Code& code, Value vector, Type element) {
  const Type type = vector_of(element, length_of(vector));
  return vector.getType() == type ? vector
                                  : LLVM::ZExtOp::create(code.builder(), code.loc(), type, vector);
}
Value narrow_integers(Code& code, Value vector, Type element) {
  const Type type = vector_of(element, length_of(vector));
  return vector.getType() == type ? vector
                                  : LLVM::TruncOp::create(code.builder(), code.loc(), type, vector);
}

//===--- Shuffles -----------------------------------------------------------------------------===//

/// Executes a plan on the vector of one thread's registers, whose elements have whole bytes.
class Shuffles {
 public:
  Shuffles(Code& code, const layout::ShufflePlan& plan) : code_(code), plan_(plan) {
    thread_ = thread_number(code);
    if (!plan.is_butterfly()) lane_ = linear(plan.lanes);
  }

  Value move(Value registers) {
    const Type element = cast<VectorType>(registers.getType()).getElementType();
    const unsigned bits = element.getIntOrFloatBitWidth();
    const std::int64_t per_element = bits == 64 ? 2 : 1;  // words
    llvm::SmallVector<Value> words = to_words(registers, bits);
    llvm::SmallVector<Value> moved(plan_.rounds.size() * static_cast<std::size_t>(per_element));
    for (std::int64_t part = 0; part < per_element; ++part) {
      llvm::SmallVector<Value> mine, taken;
      for (std::size_t w = static_cast<std::size_t>(part); w < words.size();
           w += static_cast<std::size_t>(per_element))
        mine.push_back(words[w]);
      rename(plan_.send, mine);
      for (const layout::ShuffleRound& round : plan_.rounds) taken.push_back(take(round, mine));
      rename(plan_.receive, taken);
      for (std::size_t k = 0; k < taken.size(); ++k)
        moved[k * static_cast<std::size_t>(per_element) + static_cast<std::size_t>(part)] =
            taken[k];
    }
    return from_words(moved, element);
  }

 private:
  /// The registers in the plan's order, cut into words of 4 bytes (two for an element of 8).
  llvm::SmallVector<Value> to_words(Value registers, unsigned bits) {
    Value ordered = code_.shuffle(registers, as_indices(plan_.source_order));
    const unsigned used = std::min(bits * static_cast<unsigned>(plan_.elements_per_word), 32U);
    const Type word = code_.builder().getIntegerType(used);
    ordered = code_.bitcast(ordered, vector_of(word, length_of(ordered) * bits / used));
    ordered = widen_integers(code_, ordered, code_.i32());
    llvm::SmallVector<Value> words;
    for (std::int64_t w = 0; w < length_of(ordered); ++w)
      words.push_back(code_.extract(ordered, w));
    return words;
  }

  Value from_words(llvm::ArrayRef<Value> words, Type element) {
    const unsigned bits = element.getIntOrFloatBitWidth();
    const unsigned used = std::min(bits * static_cast<unsigned>(plan_.elements_per_word), 32U);
    const auto count = static_cast<std::int64_t>(words.size());
    Value all = LLVM::PoisonOp::create(code_.builder(), code_.loc(), vector_of(code_.i32(), count));
    for (std::int64_t w = 0; w < count; ++w)
      all = code_.insert(all, words[static_cast<std::size_t>(w)], w);
    all = narrow_integers(code_, all, code_.builder().getIntegerType(used));
    all = code_.bitcast(all, vector_of(element, count * used / bits));
    return code_.shuffle(all, as_indices(plan_.target_index));
  }

  void rename(const std::vector<layout::SelectStage>& stages, llvm::SmallVector<Value>& words) {
    for (const layout::SelectStage& stage : stages) {
      const Value swaps = is_odd(stage.threads);
      const llvm::SmallVector<Value> before = words;
      for (std::size_t w = 0; w < words.size(); ++w)
        words[w] = LLVM::SelectOp::create(code_.builder(), code_.loc(), swaps,
                                          before[w ^ stage.words], before[w]);
    }
  }

  Value take(const layout::ShuffleRound& round, llvm::ArrayRef<Value> words) {
    const Value word = words[round.source_word];
    if (!lane_ && round.lane == 0) return word;
    const Value lane = !lane_            ? code_.i32(round.lane)
                       : round.lane == 0 ? lane_
                                         : code_.bit_xor(lane_, code_.i32(round.lane));
    return code_.intrinsic(lane_ ? "llvm.nvvm.shfl.sync.idx.i32" : "llvm.nvvm.shfl.sync.bfly.i32",
                           code_.i32(), {code_.i32(-1), word, lane, code_.i32(31)});
  }

  /// Whether an odd number of the thread's bits in `mask` are set.
  Value is_odd(std::uint32_t mask) {
    if (std::has_single_bit(mask))
      return not_zero(code_.bit_and(thread_, code_.i32(static_cast<std::int32_t>(mask))));
    std::vector<std::uint64_t> columns;
    for (std::uint32_t rest = mask; rest != 0; rest >>= 1) columns.push_back(rest & 1);
    while (columns.size() < layout::lane_bits) columns.push_back(0);
    return not_zero(linear(layout::LinearMap(columns, 1)));
  }
  Value not_zero(Value value) {
    return LLVM::ICmpOp::create(code_.builder(), code_.loc(), LLVM::ICmpPredicate::ne, value,
                                code_.i32(0));
  }

  Value linear(const layout::LinearMap& map) {
    const layout::Columns columns(map.columns().begin(), map.columns().end());
    return thread_linear(code_, thread_, columns, {});
  }

  Code& code_;
  const layout::ShufflePlan& plan_;
  Value thread_, lane_;  ///< lane_ is null for butterflies
};

//===--- Shared memory ------------------------------------------------------------------------===//

/// One side of a conversion: how a thread of `layout` accesses the tile in shared memory.
class SharedAccess {
 public:
  SharedAccess(Code& code, Value base, const layout::Memory& memory, const Distributed& layout,
               std::int64_t element_bytes)
      : code_(code), base_(base), element_bytes_(element_bytes) {
    const int most = static_cast<int>(layout::widest_shared_bytes / element_bytes);
    const int width = memory.vector_elements(layout, most);
    pieces = layout::memory_accesses(memory, layout, width);
    bytes = width * element_bytes;
    const layout::LinearMap offsets = memory.offsets(layout);
    layout::Columns columns;
    for (int bit = static_cast<int>(layout.register_columns().size()); bit < offsets.in_bits();
         ++bit) {
      columns.push_back(static_cast<std::uint32_t>(offsets.column(bit) * element_bytes));
      of_threads_ |= columns.back();
    }
    thread_ = thread_linear(code, thread_number(code), columns, {});
  }

  /// The address of a piece. The part that has no bit in common with any thread's offset becomes a
  /// constant of the instruction.
  Value pointer(const layout::MemoryAccess& piece) {
    const auto offset = static_cast<std::uint32_t>(piece.offset * element_bytes_);
    const std::uint32_t mixed = offset & of_threads_;
    const Value index = mixed == 0 ? thread_ : code_.bit_xor(thread_, code_.i32(mixed));
    const Value at = code_.element_pointer(base_, code_.builder().getI8Type(), index);
    return offset == mixed ? at : code_.byte_pointer(at, offset - mixed);
  }

  std::vector<layout::MemoryAccess> pieces;
  std::int64_t bytes = 0;  ///< of a piece

 private:
  Code& code_;
  Value base_, thread_;
  std::int64_t element_bytes_;
  std::uint32_t of_threads_ = 0;
};

Value through_shared_memory(Code& code, Value registers, Value base, const Distributed& from,
                            const Distributed& to) {
  const Type element = cast<VectorType>(registers.getType()).getElementType();
  const std::int64_t element_bytes = element.getIntOrFloatBitWidth() / 8;
  const auto memory = layout::Memory::for_conversion(from, to, static_cast<int>(element_bytes));

  SharedAccess stores(code, base, memory, from, element_bytes);
  const Value writes = holds_first_copy(code, thread_number(code), from);
  for (const layout::MemoryAccess& piece : stores.pieces)
    store_if(code, stores.pointer(piece), code.shuffle(registers, as_indices(piece.registers)),
             writes, stores.bytes);
  code.barrier();

  SharedAccess loads(code, base, memory, to, element_bytes);
  llvm::SmallVector<Value> loaded;
  std::vector<std::uint32_t> index_of(static_cast<std::size_t>(to.registers()));
  for (const layout::MemoryAccess& piece : loads.pieces) {
    for (std::size_t k = 0; k < piece.registers.size(); ++k)
      index_of[piece.registers[k]] =
          static_cast<std::uint32_t>(loaded.size() * piece.registers.size() + k);
    const Value bits =
        LLVM::LoadOp::create(code.builder(), code.loc(), move_type(code.context(), loads.bytes),
                             loads.pointer(piece), static_cast<unsigned>(loads.bytes));
    loaded.push_back(
        code.bitcast(bits, vector_of(element, static_cast<std::int64_t>(piece.registers.size()))));
  }
  // A register that copies others has the index of the lowest.
  const layout::LinearMap columns = to.register_map();
  llvm::SmallVector<int32_t> indices;
  for (int r = 0; r < to.registers(); ++r)
    indices.push_back(
        static_cast<int32_t>(index_of[*columns.solve(columns(static_cast<std::uint64_t>(r)))]));
  return code.shuffle(code.concatenate(loaded), indices);
}

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
    const Type moved = boolean ? Type(rewriter.getI8Type()) : element;
    const auto bytes = static_cast<int>(moved.getIntOrFloatBitWidth() / 8);
    Value value = adaptor.getValue();
    if (boolean) value = widen_integers(code, value, moved);
    if (const auto plan = layout::plan_cheap_shuffles(from, to, bytes)) {
      value = Shuffles(code, *plan).move(value);
    } else {
      if (op->hasAttr(tile::shared_reused_attribute)) code.barrier();
      const auto offset = op->getAttrOfType<IntegerAttr>(tile::shared_offset_attribute).getInt();
      value = through_shared_memory(code, value, code.shared_memory(offset), from, to);
    }
    if (boolean) value = narrow_integers(code, value, element);
    rewriter.replaceOp(op, value);
    return success();
  }
};

}  // namespace

void populate_convert_patterns(const LLVMTypeConverter& types, RewritePatternSet& patterns) {
  patterns.add<LowerConvertLayout>(types);
}

}  // namespace tegula::compiler
