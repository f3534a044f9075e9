// An access of a tile of a view by one thread: which pieces of memory, at which addresses.
#pragma once

#include <algorithm>

#include "compiler/lower/code.h"

namespace tegula::compiler {

/// The element type in memory: an i1 is a byte.
mlir::Type memory_type(mlir::Type element);

/// A tile access, cut into the pieces that one thread moves at once.
class TileAccess {
 public:
  TileAccess(Code& code, tile::ViewType view, mlir::Value lowered, mlir::ValueRange coordinates,
             llvm::ArrayRef<bool> full, const layout::Distributed& layout);

  /// Elements that one access moves.
  int width() const { return width_; }
  mlir::Value thread() const { return thread_; }
  std::int64_t element_bytes() const {
    return std::max<std::int64_t>(1, view_.getElementType().getIntOrFloatBitWidth() / 8);
  }
  std::int64_t alignment() const { return width_ * element_bytes(); }

  /// The address of the element that register `reg` holds.
  mlir::Value pointer(int reg);
  /// Whether register `reg` is inside the tensor; null if that is certain.
  mlir::Value inside(int reg);

 private:
  mlir::Type memory_element() {
    return code_.builder().getIntegerType(static_cast<unsigned>(element_bytes() * 8));
  }
  std::int64_t register_coordinate(int reg, unsigned d) const {
    return layout_.coordinates(layout_.index(static_cast<std::uint32_t>(reg), 0, 0))[d];
  }
  mlir::Value field(std::int64_t index);
  mlir::Value extent(unsigned d);
  mlir::Value stride(unsigned d);
  void locate(mlir::ValueRange coordinates);
  mlir::Value position(mlir::Value coordinate, unsigned d, mlir::Value of_thread);
  mlir::Value thread_coordinate(unsigned d);

  Code& code_;
  tile::ViewType view_;
  mlir::Value lowered_;
  llvm::ArrayRef<bool> full_;
  layout::Distributed layout_;
  int width_ = 1;
  mlir::Value thread_, base_;
  llvm::SmallVector<mlir::Value> positions_;  ///< of the thread's first element, by dimension
};

/// A vector of the view's pad value.
mlir::Value padding(Code& code, tile::ViewType view, mlir::VectorType piece);

/// The tile of `element`, made of pieces as they are in memory.
mlir::Value join_pieces(Code& code, llvm::ArrayRef<mlir::Value> pieces, mlir::Type element);

}  // namespace tegula::compiler
