#include "compiler/layout/streaming.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

namespace tegula::layout {

Distributed streaming(const Shape& shape, int narrow, int wide, int warps) {
  if (wide < narrow || !std::has_single_bit(static_cast<unsigned>(std::max(wide, 0))))
    throw std::invalid_argument("streaming layout of " + shape_to_string(shape) + ": vectors of " +
                                std::to_string(narrow) + " to " + std::to_string(wide));
  const Distributed plain = Distributed::blocked(shape, narrow, warps);
  const auto wide_here = static_cast<int>(std::min<int64_t>(wide, inner_extent(shape)));
  const int exchanged = std::min(
      std::countr_zero(static_cast<unsigned>(wide_here / plain.vector_elements())), lane_bits);
  if (wide_here <= plain.vector_elements() || plain.registers() < wide_here) return plain;
  // Of the bits above a vector, the first `exchanged` stay lane bits and the next become register
  // bits; all above move down by as many.
  Columns columns;
  for (const Columns* kind : {&plain.lane_columns(), &plain.warp_columns()})
    columns.insert(columns.end(), kind->begin(), kind->end());
  const size_t vector_bits = std::countr_zero(static_cast<unsigned>(plain.vector_elements()));
  const Columns& old = plain.register_columns();
  columns.insert(columns.end(), old.begin() + static_cast<std::ptrdiff_t>(vector_bits), old.end());
  Columns registers(old.begin(), old.begin() + static_cast<std::ptrdiff_t>(vector_bits));
  const auto after = columns.begin() + exchanged;
  registers.insert(registers.end(), after, after + exchanged);
  columns.erase(after, after + exchanged);
  const auto lanes_end = columns.begin() + lane_bits;
  const auto warps_end = lanes_end + static_cast<std::ptrdiff_t>(plain.warp_columns().size());
  registers.insert(registers.end(), warps_end, columns.end());
  return Distributed(shape, registers, Columns(columns.begin(), lanes_end),
                     Columns(lanes_end, warps_end));
}

std::optional<Distributed> widened(const Distributed& layout, int vector_elements) {
  if (layout.vector_elements() >= vector_elements) return std::nullopt;
  Columns registers = layout.register_columns(), lanes = layout.lane_columns();
  const auto vector = static_cast<uint32_t>(vector_elements);
  for (uint32_t column = 1; column < vector; column *= 2) {
    if (std::ranges::find(registers, column) != registers.end()) continue;
    const auto lane = std::ranges::find(lanes, column);
    const auto free = std::ranges::find_if(registers, [&](uint32_t c) { return c >= vector; });
    if (lane == lanes.end() || free == registers.end()) return std::nullopt;
    std::swap(*lane, *free);
  }
  // The vector's columns first, in order; the others keep theirs.
  std::ranges::stable_sort(registers, {}, [&](uint32_t c) { return c < vector ? c : vector; });
  Distributed result(layout.shape(), registers, lanes, layout.warp_columns(), layout.cta_columns());
  if (result.vector_elements() < vector_elements) return std::nullopt;
  return result;
}

int64_t contiguous_run(const Distributed& layout, int width) {
  int64_t run = width;
  const Columns& lanes = layout.lane_columns();
  while (run < inner_extent(layout.shape()) &&
         std::ranges::find(lanes, static_cast<uint32_t>(run)) != lanes.end())
    run *= 2;
  return run;
}

}  // namespace tegula::layout
