#include "compiler/analysis/disjoint_parts.h"

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

/// The tensor's pointer, and the number of elements from it to the start of a part.
struct Start {
  Value base;
  std::int64_t elements = 0;
};

/// Nothing if the distance is not a constant. All steps are in elements of the tensor.
std::optional<Start> start_of(Value pointer) {
  Start start{pointer};
  while (auto step = start.base.getDefiningOp<LLVM::GEPOp>()) {
    const auto indices = step.getRawConstantIndices();
    if (indices.size() != 1 || indices[0] == LLVM::GEPOp::kDynamicIndex) return std::nullopt;
    start.elements += indices[0];
    start.base = step.getBase();
  }
  return start;
}

/// The one dimension of stride 1, if a constant distance of `elements` can only be along it:
/// unknown strides give no constant distances, and larger ones give larger distances.
std::optional<unsigned> dimension_of(tile::ViewType view, std::int64_t elements) {
  std::optional<unsigned> found;
  for (unsigned d = 0; d < view.getRank(); ++d) {
    const std::int64_t stride = view.getStrides()[d];
    if (ShapedType::isDynamic(stride) || stride > elements) continue;
    if (stride != 1 || found) return std::nullopt;
    found = d;
  }
  return found;
}

}  // namespace

bool disjoint_parts(Value a, Value b) {
  auto first = a ? a.getDefiningOp<tile::ViewOp>() : nullptr;
  auto second = b ? b.getDefiningOp<tile::ViewOp>() : nullptr;
  if (!first || !second) return false;
  const tile::ViewType first_type = first.getType(), second_type = second.getType();
  if (first_type.getStrides() != second_type.getStrides() ||
      !llvm::equal(first.getStrides(), second.getStrides()))
    return false;
  const auto one = start_of(first.getPointer()), two = start_of(second.getPointer());
  if (!one || !two || one->base != two->base || one->elements < 0 || two->elements < 0)
    return false;
  const auto d = dimension_of(first_type, std::max(one->elements, two->elements));
  if (!d) return false;
  const bool in_order = one->elements < two->elements;
  const std::int64_t extent = (in_order ? first_type : second_type).getExtents()[*d];
  return !ShapedType::isDynamic(extent) && extent <= std::abs(one->elements - two->elements);
}

}  // namespace tegula::compiler
