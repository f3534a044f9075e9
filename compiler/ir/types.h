// The tile dialect's attributes and types, and common queries about tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/layout/distributed.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"

namespace tegula::layout {
/// For the attribute's storage.
inline llvm::hash_code hash_value(const Distributed& layout) { return layout.hash(); }
}  // namespace tegula::layout

#include "compiler/ir/tile_dialect.h.inc"
#include "compiler/ir/tile_enums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/tile_attributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "compiler/ir/tile_types.h.inc"

namespace tegula::tile {

inline bool is_tile(mlir::Value value) {
  return mlir::isa<mlir::RankedTensorType>(value.getType());
}
inline std::vector<std::int64_t> shape_of(mlir::Value tile) {
  return mlir::cast<mlir::RankedTensorType>(tile.getType()).getShape().vec();
}
/// Bytes of an element in memory: an i1 is a byte.
inline std::int64_t element_bytes(mlir::Type element) {
  const std::int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  return bytes > 0 ? bytes : 1;
}
/// The layout of a tile's type; the type must have one. It lives as long as the context.
inline const layout::Distributed& layout_of(mlir::Type type) {
  auto tile = mlir::cast<mlir::RankedTensorType>(type);
  return mlir::cast<LayoutAttr>(tile.getEncoding()).getDistributed();
}
/// Whether the type is a tile that has a layout.
inline bool has_layout(mlir::Type type) {
  auto tile = mlir::dyn_cast<mlir::RankedTensorType>(type);
  return tile && mlir::isa_and_nonnull<LayoutAttr>(tile.getEncoding());
}
/// The type with another layout.
inline mlir::RankedTensorType with_layout(mlir::Type type, const layout::Distributed& layout) {
  auto tile = mlir::cast<mlir::RankedTensorType>(type);
  return mlir::RankedTensorType::get(tile.getShape(), tile.getElementType(),
                                     LayoutAttr::get(type.getContext(), layout));
}

}  // namespace tegula::tile
