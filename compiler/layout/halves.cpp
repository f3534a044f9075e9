#include "compiler/layout/halves.h"

#include <algorithm>

#include "compiler/layout/streaming.h"

namespace tegula::layout {

std::optional<Distributed> half_layout(const Distributed& whole) {
  Shape shape = whole.shape();
  if (shape.empty() || shape.back() != 2) return std::nullopt;
  shape.pop_back();
  // Bit 0 of the flat index says which half: one register bit has to be just that.
  Columns registers = whole.register_columns();
  const auto which = std::find(registers.begin(), registers.end(), 1u);
  if (which == registers.end()) return std::nullopt;
  registers.erase(which);
  Columns lanes = whole.lane_columns(), warps = whole.warp_columns();
  for (Columns* columns : {&registers, &lanes, &warps})
    for (std::uint32_t& column : *columns) {
      if ((column & 1) != 0) return std::nullopt;
      column >>= 1;
    }
  return Distributed(shape, registers, lanes, warps);
}

Distributed whole_layout(const Distributed& half) {
  Shape shape = half.shape();
  shape.push_back(2);
  const auto doubled = [](Columns columns) {
    for (std::uint32_t& column : columns) column <<= 1;
    return columns;
  };
  Columns registers = doubled(half.register_columns());
  registers.insert(registers.begin(), 1);
  return Distributed(shape, registers, doubled(half.lane_columns()), doubled(half.warp_columns()));
}

Distributed nearest_half_layout(const Distributed& whole) {
  if (const auto half = half_layout(whole)) return *half;
  if (const auto wide = widened(whole, 2))
    if (const auto half = half_layout(*wide)) return *half;
  Shape one = whole.shape(), half = whole.shape();
  one.back() = 1;
  half.pop_back();
  return whole.source_of_broadcast(one).reshape(half);
}

}  // namespace tegula::layout
