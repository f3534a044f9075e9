#include "compiler/analysis/alignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

using namespace mlir;

namespace tegula::compiler {
namespace {

std::int64_t largest_power_of_two_dividing(std::int64_t n) {
  return n == 0 ? std::int64_t{1} << 30
                : std::int64_t{1} << std::countr_zero(static_cast<std::uint64_t>(n));
}

std::int64_t element_bytes(tile::ViewType view) {
  return std::max<std::int64_t>(1, view.getElementType().getIntOrFloatBitWidth() / 8);
}

/// The innermost axis along which the tile has more than one element, or the last.
unsigned inner_axis(tile::ViewType view) {
  unsigned axis = view.getRank() - 1;
  while (axis > 0 && view.getShape()[axis] == 1) --axis;
  return axis;
}

struct Limit {
  std::int64_t elements;
  std::string reason;
};

Limit analyse(tile::ViewType view, llvm::ArrayRef<bool> full) {
  const std::int64_t bytes = element_bytes(view);
  const unsigned inner = inner_axis(view);
  Limit limit{widest_access_bytes / bytes, ""};
  const auto restrict_to = [&](std::int64_t elements, std::string reason) {
    elements = std::max<std::int64_t>(elements, 1);
    if (elements < limit.elements) limit = {elements, std::move(reason)};
  };

  if (view.getStrides()[inner] != 1) {
    restrict_to(1, fmt::format("dimension {} is not known to be contiguous", inner));
    return limit;
  }
  restrict_to(view.getShape()[inner], "the tile is that narrow");
  restrict_to(view.getAlignment() / bytes,
              fmt::format("the pointer is aligned to {} bytes only", view.getAlignment()));
  for (unsigned d = 0; d < view.getRank(); ++d) {
    // The stride of a dimension with one element does not matter.
    if (d == inner || view.getExtents()[d] == 1) continue;
    const std::int64_t stride = view.getStrides()[d];
    const std::int64_t divisor = ShapedType::isDynamic(stride)
                                     ? largest_power_of_two_dividing(view.getDivisors()[d])
                                     : largest_power_of_two_dividing(stride);
    restrict_to(divisor, fmt::format("the stride of dimension {} is a multiple of {} bytes only", d,
                                     divisor * bytes));
  }
  if (!full[inner]) {
    const std::int64_t extent = view.getExtents()[inner];
    if (ShapedType::isDynamic(extent))
      restrict_to(1, fmt::format("the extent of dimension {} is not a constant", inner));
    else
      restrict_to(
          largest_power_of_two_dividing(extent),
          fmt::format("the extent {} of dimension {} is no multiple of the vector", extent, inner));
  }
  return limit;
}

}  // namespace

std::int64_t contiguous_elements(tile::ViewType view, llvm::ArrayRef<bool> full) {
  return analyse(view, full).elements;
}

int access_width(tile::ViewType view, llvm::ArrayRef<bool> full,
                 const layout::Distributed& layout) {
  return static_cast<int>(
      std::min<std::int64_t>(layout.vector_elements(), contiguous_elements(view, full)));
}

bool bits_are_disjoint(const layout::Distributed& layout) {
  const auto bits = [](const layout::Columns& columns) {
    std::uint32_t all = 0;
    for (std::uint32_t column : columns) all |= column;
    return all;
  };
  return (bits(layout.register_columns()) &
          (bits(layout.lane_columns()) | bits(layout.warp_columns()))) == 0;
}

QueueShape queue_shape(tile::ViewType view, llvm::ArrayRef<bool> full,
                       const layout::Distributed& layout) {
  QueueShape shape;
  shape.width = access_width(view, full, layout);
  shape.piece_bytes = shape.width * element_bytes(view);
  // Registers that only copy others do not count.
  shape.pieces = (layout.registers() >> std::popcount(layout.replicated_registers())) / shape.width;
  shape.threads = layout.warps() << layout::lane_bits;
  return shape;
}

std::string why_narrow(tile::ViewType view, llvm::ArrayRef<bool> full) {
  return analyse(view, full).reason;
}

}  // namespace tegula::compiler
