#include "compiler/lower/tile_access.h"

#include "compiler/analysis/alignment.h"

using namespace mlir;

namespace tegula::compiler {

Type memory_type(Type element) {
  return element.isInteger(1) ? Type(IntegerType::get(element.getContext(), 8)) : element;
}

TileAccess::TileAccess(Code& code, tile::ViewType view, Value lowered, ValueRange coordinates,
                       llvm::ArrayRef<bool> full, const layout::Distributed& layout)
    : code_(code),
      view_(view),
      lowered_(lowered),
      full_(full),
      layout_(layout),
      width_(access_width(view, full, layout)) {
  thread_ = thread_number(code);
  locate(coordinates);
}

Value TileAccess::pointer(int reg) {
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

Value TileAccess::inside(int reg) {
  Value result;
  for (unsigned d = 0; d < view_.getRank(); ++d) {
    if (full_[d]) continue;
    const Value position = code_.add(positions_[d], code_.i32(register_coordinate(reg, d)));
    const Value one = code_.unsigned_less(position, extent(d));
    result = result ? code_.bit_and(result, one) : one;
  }
  return result;
}

Value TileAccess::field(std::int64_t index) {
  return LLVM::ExtractValueOp::create(code_.builder(), code_.loc(), lowered_, index);
}

Value TileAccess::extent(unsigned d) {
  const auto extents = view_.getExtents();
  if (!ShapedType::isDynamic(extents[d])) return code_.i32(extents[d]);
  return field(1 + llvm::count(extents.take_front(d), ShapedType::kDynamic));
}

Value TileAccess::stride(unsigned d) {
  const auto strides = view_.getStrides();
  if (!ShapedType::isDynamic(strides[d])) return code_.constant(code_.i64(), strides[d]);
  return field(1 + view_.dynamicExtents() +
               llvm::count(strides.take_front(d), ShapedType::kDynamic));
}

/// Computes the position of the thread's first element along each dimension, and its address. The
/// part that all threads of the block share is added first, in 64 bits, so that tensors of more
/// than 2^31 elements are safe and the sum stays in uniform registers.
void TileAccess::locate(ValueRange coordinates) {
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

/// The position of the thread's first element along a dimension, as an unsigned number that does
/// not wrap: a coordinate that is negative, or so large that its tile starts beyond any extent, is
/// clamped to one for which that is still so.
Value TileAccess::position(Value coordinate, unsigned d, Value of_thread) {
  const std::int64_t tile = view_.getShape()[d];
  const Value limit = code_.i32(static_cast<std::int32_t>((std::int64_t{1} << 31) / tile));
  const Value clamped = LLVM::UMinOp::create(code_.builder(), code_.loc(), coordinate, limit);
  return code_.add(code_.multiply(clamped, code_.i32(tile)), of_thread);
}

Value TileAccess::thread_coordinate(unsigned d) {
  const auto along = [&](const layout::Columns& columns) {
    llvm::SmallVector<std::uint32_t> result;
    for (std::uint32_t column : columns)
      result.push_back(static_cast<std::uint32_t>(layout_.coordinates(column)[d]));
    return result;
  };
  return thread_linear(code_, thread_, along(layout_.lane_columns()),
                       along(layout_.warp_columns()));
}

Value padding(Code& code, tile::ViewType view, VectorType piece) {
  const Type element = piece.getElementType();
  TypedAttr value;
  if (auto type = dyn_cast<FloatType>(element))
    value = code.builder().getFloatAttr(type, view.getPad());
  else
    value = code.builder().getIntegerAttr(element, static_cast<int64_t>(view.getPad()));
  return LLVM::ConstantOp::create(code.builder(), code.loc(), piece,
                                  DenseElementsAttr::get(piece, Attribute(value)));
}

Value join_pieces(Code& code, llvm::ArrayRef<Value> pieces, Type element) {
  const Value all = code.concatenate(pieces);
  if (!element.isInteger(1)) return all;
  const auto count = cast<VectorType>(all.getType()).getNumElements();
  const Value zero = code.splat(code.constant(memory_type(element), 0), count);
  return LLVM::ICmpOp::create(code.builder(), code.loc(), LLVM::ICmpPredicate::ne, all, zero);
}

}  // namespace tegula::compiler
