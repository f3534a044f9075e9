// Lowering of views, loads and stores.
//
// A view becomes a struct {pointer, open extents..., open strides...}. An access of a tile becomes,
// per thread, a few accesses of vectors: each group of registers that lies in one piece of memory
// is one access.
#include "compiler/passes/access.h"
#include "compiler/passes/lowering.h"
#include "compiler/target/markers.h"
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

/// The marker that moves a move_type.
std::string marker_name(bool is_load, Value pointer, Type type) {
  MemoryMarker marker;
  marker.is_load = is_load;
  marker.is_shared = cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() == 3;
  marker.word_bits = static_cast<int>(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    marker.words = static_cast<int>(vector.getNumElements());
  return marker.name();
}

}  // namespace

Value load_if(Code& code, Value pointer, Type type, Value predicate, Value other,
              std::int64_t alignment) {
  if (!predicate)
    return LLVM::LoadOp::create(code.builder(), code.loc(), type, pointer,
                                static_cast<unsigned>(alignment));
  auto marker = declare_marker(code, marker_name(/*is_load=*/true, pointer, type), type,
                               {pointer.getType(), code.i1(), type});
  return LLVM::CallOp::create(code.builder(), code.loc(), marker,
                              ValueRange{pointer, predicate, other})
      .getResult();
}

void store_if(Code& code, Value pointer, Value value, Value predicate, std::int64_t alignment) {
  const Type type = move_type(code.context(), bits_of(value.getType()) / 8);
  value = code.bitcast(value, type);
  if (!predicate) {
    LLVM::StoreOp::create(code.builder(), code.loc(), value, pointer,
                          static_cast<unsigned>(alignment));
    return;
  }
  auto marker =
      declare_marker(code, marker_name(/*is_load=*/false, pointer, type),
                     LLVM::LLVMVoidType::get(code.context()), {pointer.getType(), type, code.i1()});
  LLVM::CallOp::create(code.builder(), code.loc(), marker, ValueRange{pointer, value, predicate});
}

namespace {

/// A tile access cut into pieces that one thread moves at once.
class TileAccess {
 public:
  TileAccess(Code& code, tile::ViewType view, Value lowered, ValueRange coordinates,
             llvm::ArrayRef<bool> full, const layout::Distributed& layout)
      : code_(code), view_(view), lowered_(lowered), full_(full), layout_(layout) {
    const auto limit = contiguous_elements(view, full);
    width_ = static_cast<int>(std::min<std::int64_t>(layout.vector_elements(), limit));
    thread_ = thread_number(code);
    locate(coordinates);
  }

  /// Elements that one access moves.
  int width() const { return width_; }
  Value thread() const { return thread_; }
  std::int64_t element_bytes() const {
    return std::max<std::int64_t>(1, view_.getElementType().getIntOrFloatBitWidth() / 8);
  }
  std::int64_t alignment() const { return width_ * element_bytes(); }

  /// The address of the element that register `reg` holds.
  Value pointer(int reg) {
    Value at = base_;
    std::int64_t fixed = 0;
    for (unsigned d = 0; d < view_.getRank(); ++d) {
      const std::int64_t c = register_coordinate(reg, d);
      if (c == 0) continue;
      if (const auto known = view_.getStrides()[d]; !ShapedType::isDynamic(known))
        fixed += c * known;
      else
        at = code_.element_pointer(at, memory_element(),
                                   code_.multiply(code_.constant(code_.i64(), c), stride(d)));
    }
    return fixed == 0 ? at : code_.byte_pointer(at, fixed * element_bytes());
  }

  /// Whether register `reg` lies inside the tensor; null if it surely does.
  Value inside(int reg) {
    Value result;
    for (unsigned d = 0; d < view_.getRank(); ++d) {
      if (full_[d]) continue;
      const Value position = code_.add(positions_[d], code_.i32(register_coordinate(reg, d)));
      const Value one = code_.unsigned_less(position, extent(d));
      result = result ? code_.bit_and(result, one) : one;
    }
    return result;
  }

 private:
  Type memory_element() {
    return code_.builder().getIntegerType(static_cast<unsigned>(element_bytes() * 8));
  }

  std::int64_t register_coordinate(int reg, unsigned d) {
    return layout_.coordinates(layout_.index(static_cast<std::uint32_t>(reg), 0, 0))[d];
  }

  Value field(std::int64_t index) {
    return LLVM::ExtractValueOp::create(code_.builder(), code_.loc(), lowered_, index);
  }
  Value extent(unsigned d) {
    const auto extents = view_.getExtents();
    if (!ShapedType::isDynamic(extents[d])) return code_.i32(extents[d]);
    return field(1 + llvm::count(extents.take_front(d), ShapedType::kDynamic));
  }
  Value stride(unsigned d) {
    const auto strides = view_.getStrides();
    if (!ShapedType::isDynamic(strides[d])) return code_.constant(code_.i64(), strides[d]);
    return field(1 + view_.dynamicExtents() +
                 llvm::count(strides.take_front(d), ShapedType::kDynamic));
  }

  /// The thread's first element: its position along each dimension, and its address. What the block
  /// shares is added first, in 64 bits, so that tensors of more than 2^31 elements are safe and
  /// the sum stays in uniform registers.
  void locate(ValueRange coordinates) {
    base_ = field(0);
    llvm::SmallVector<Value> of_thread;
    for (unsigned d = 0; d < view_.getRank(); ++d) {
      const Value start = code_.multiply(code_.to_i64(coordinates[d]),
                                         code_.constant(code_.i64(), view_.getShape()[d]));
      base_ = code_.element_pointer(base_, memory_element(), code_.multiply(start, stride(d)));
      of_thread.push_back(thread_coordinate(d));
      positions_.push_back(full_[d] ? Value() : position(coordinates[d], d, of_thread.back()));
    }
    for (unsigned d = 0; d < view_.getRank(); ++d)
      base_ = code_.element_pointer(base_, memory_element(),
                                    code_.multiply(code_.to_i64(of_thread[d]), stride(d)));
  }

  /// Where the thread's first element lies along a dimension, as an unsigned number that does not
  /// wrap: a coordinate so large, or negative, that its tile starts beyond any extent is clamped to
  /// where it still does.
  Value position(Value coordinate, unsigned d, Value of_thread) {
    const std::int64_t tile = view_.getShape()[d];
    const Value limit = code_.i32(static_cast<std::int32_t>((std::int64_t{1} << 31) / tile));
    const Value clamped = LLVM::UMinOp::create(code_.builder(), code_.loc(), coordinate, limit);
    return code_.add(code_.multiply(clamped, code_.i32(tile)), of_thread);
  }

  Value thread_coordinate(unsigned d) {
    const auto along = [&](const layout::Columns& columns) {
      llvm::SmallVector<std::uint32_t> result;
      for (std::uint32_t column : columns)
        result.push_back(static_cast<std::uint32_t>(layout_.coordinates(column)[d]));
      return result;
    };
    return thread_linear(code_, thread_, along(layout_.lane_columns()),
                         along(layout_.warp_columns()));
  }

  Code& code_;
  tile::ViewType view_;
  Value lowered_;
  llvm::ArrayRef<bool> full_;
  layout::Distributed layout_;
  int width_ = 1;
  Value thread_, base_;
  llvm::SmallVector<Value> positions_;  ///< of the thread's first element, by dimension
};

/// The element type in memory: an i1 is a byte.
Type memory_type(Type element) {
  return element.isInteger(1) ? Type(IntegerType::get(element.getContext(), 8)) : element;
}

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

/// Registers and threads move an element by bits of their own. (A swizzle would have them share
/// some; accesses of tiles add coordinates and do not know how.)
bool bits_are_disjoint(const layout::Distributed& layout) {
  const auto bits = [](const layout::Columns& columns) {
    std::uint32_t all = 0;
    for (std::uint32_t column : columns) all |= column;
    return all;
  };
  return (bits(layout.register_columns()) &
          (bits(layout.lane_columns()) | bits(layout.warp_columns()))) == 0;
}

struct LowerLoad : ConvertOpToLLVMPattern<tile::LoadOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    const auto layout = tile::layout_of(op.getType());
    if (!bits_are_disjoint(layout)) return rewriter.notifyMatchFailure(op, "swizzled registers");
    const auto view = op.getView().getType();
    const Type element = op.getType().getElementType(), memory = memory_type(element);
    Code code(rewriter, op.getLoc());
    TileAccess access(code, view, adaptor.getView(), adaptor.getCoordinates(), op.getFull(),
                      layout);
    const Type moved = move_type(rewriter.getContext(), access.alignment());
    const VectorType piece = vector_of(memory, access.width());

    llvm::SmallVector<Value> pieces;
    for (int reg = 0; reg < layout.registers(); reg += access.width()) {
      const Value inside = access.inside(reg);
      const Value other = inside ? code.bitcast(padding(code, view, piece), moved) : Value();
      const Value bits =
          load_if(code, access.pointer(reg), moved, inside, other, access.alignment());
      pieces.push_back(code.bitcast(bits, piece));
    }
    Value result = code.concatenate(pieces);
    if (element.isInteger(1)) {
      const Value zero = code.splat(code.constant(memory, 0), layout.registers());
      result = LLVM::ICmpOp::create(rewriter, op.getLoc(), LLVM::ICmpPredicate::ne, result, zero);
    }
    rewriter.replaceOp(op, result);
    return success();
  }

  static Value padding(Code& code, tile::ViewType view, VectorType piece) {
    const Type element = piece.getElementType();
    TypedAttr value;
    if (auto type = dyn_cast<FloatType>(element))
      value = code.builder().getFloatAttr(type, view.getPad());
    else
      value = code.builder().getIntegerAttr(element, static_cast<int64_t>(view.getPad()));
    return LLVM::ConstantOp::create(code.builder(), code.loc(), piece,
                                    DenseElementsAttr::get(piece, Attribute(value)));
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
    // Where several threads hold an element, one stores it.
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
