#include "compiler/layout/conversion.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace tegula::layout {
namespace {

bool same_threads(const Distributed& a, const Distributed& b) {
  return a.warps() == b.warps() && a.ctas() == b.ctas();
}

void require_same_shape(const Distributed& source, const Distributed& target) {
  if (source.shape() != target.shape())
    throw std::invalid_argument("conversion between tiles of different shapes: from " +
                                source.to_string() + " to " + target.to_string());
}

// Whether the elements that a warp needs are all in that warp. An element of the target is
// T(r, l) ^ T(w), the elements of warp w in the source are the span of its register and lane
// columns moved by S(w). At w = 0, T(r, l) must be in the span; then so must T(w) ^ S(w).
bool stays_in_warp(const Distributed& source, const Distributed& target) {
  const auto split = [](const Distributed& layout) {
    const int inside = static_cast<int>(layout.register_columns().size()) + lane_bits;
    return std::pair(layout.map().restrict_to(0, inside),
                     layout.map().restrict_to(inside, layout.map().in_bits() - inside));
  };
  const auto [source_inside, source_warps] = split(source);
  const auto [target_inside, target_warps] = split(target);
  for (uint64_t column : target_inside.columns())
    if (!source_inside.solve(column)) return false;
  for (int bit = 0; bit < target_warps.in_bits(); ++bit)
    if (!source_inside.solve(target_warps.column(bit) ^ source_warps.column(bit))) return false;
  return true;
}

}  // namespace

std::optional<std::vector<uint32_t>> register_sources(const Distributed& source,
                                                      const Distributed& target,
                                                      const LinearMap& projection) {
  if (projection.in_bits() != target.map().out_bits() ||
      projection.out_bits() != source.map().out_bits())
    throw std::invalid_argument("register_sources: a projection from " +
                                std::to_string(projection.in_bits()) + " to " +
                                std::to_string(projection.out_bits()) + " bits, from " +
                                target.to_string() + " to " + source.to_string());
  // Register r of thread t needs P T(r) ^ P T(t), and one source register s must do for all t:
  // S(s) ^ S(t) == P T(r) ^ P T(t). For r = 0, thread 0 asks for S(s) == 0, so in the others the
  // threads' parts must be equal by themselves. What remains for each r is S(s) == P T(r).
  if (!same_threads(source, target)) return std::nullopt;
  if (projection.compose(target.thread_map()) != source.thread_map()) return std::nullopt;

  const LinearMap source_registers = source.register_map();
  std::vector<uint64_t> columns;
  for (uint32_t column : target.register_columns()) {
    const auto found = source_registers.solve(projection(column));
    if (!found) return std::nullopt;
    columns.push_back(*found);
  }
  const LinearMap renaming(std::move(columns), source_registers.in_bits());
  std::vector<uint32_t> result;
  for (int r = 0; r < target.registers(); ++r) result.push_back(static_cast<uint32_t>(renaming(r)));
  return result;
}

std::optional<std::vector<uint32_t>> register_sources(const Distributed& source,
                                                      const Distributed& target) {
  require_same_shape(source, target);
  return register_sources(source, target, LinearMap::identity(source.map().out_bits()));
}

ConversionKind classify(const Distributed& source, const Distributed& target) {
  require_same_shape(source, target);
  if (source == target) return ConversionKind::none;
  if (!same_threads(source, target)) return ConversionKind::shared;
  if (register_sources(source, target)) return ConversionKind::registers;
  return stays_in_warp(source, target) ? ConversionKind::lanes : ConversionKind::shared;
}

std::vector<uint32_t> reduction_targets(const Distributed& layout, int axis) {
  const uint32_t mask = layout.axis_mask(axis);
  const auto fail = [&](const std::string& why) {
    throw std::invalid_argument("reduction along axis " + std::to_string(axis) + " of " +
                                layout.to_string() + ": " + why);
  };
  if (!layout.is_separable(axis)) fail("a column moves along this axis and another at once");
  if (layout.replicated_registers() != 0) fail("threads hold elements more than once");

  // reduced() keeps the register bits that do not move along the axis, in their order.
  std::vector<uint64_t> columns;
  int kept = 0;
  for (uint32_t column : layout.register_columns())
    columns.push_back(column & mask ? 0 : uint64_t{1} << kept++);
  const LinearMap fold(std::move(columns), kept);
  std::vector<uint32_t> result;
  for (int r = 0; r < layout.registers(); ++r) result.push_back(static_cast<uint32_t>(fold(r)));
  return result;
}

}  // namespace tegula::layout
