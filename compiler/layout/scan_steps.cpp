#include "compiler/layout/scan_steps.h"

#include <array>
#include <bit>

namespace tegula::layout {

std::uint32_t ScanStep::mask() const {
  std::uint32_t result = 0;
  for (const int bit : bits) result |= std::uint32_t{1} << bit;
  return result;
}

std::optional<std::vector<ScanStep>> scan_steps(const Distributed& layout, int axis) {
  struct Position {
    ScanStep::Kind kind;
    int bit;
  };
  std::array<std::optional<Position>, 32> positions;  // by bit of the flat index
  const std::uint32_t along = layout.axis_mask(axis);
  const auto note_all = [&](ScanStep::Kind kind, const Columns& columns) {
    for (int bit = 0; bit < static_cast<int>(columns.size()); ++bit) {
      if ((columns[bit] & along) == 0) continue;
      auto& position = positions[std::countr_zero(columns[bit])];
      if (!std::has_single_bit(columns[bit]) || position) return false;
      position = Position{kind, bit};
    }
    return true;
  };
  if (!note_all(ScanStep::Kind::registers, layout.register_columns()) ||
      !note_all(ScanStep::Kind::lanes, layout.lane_columns()) ||
      !note_all(ScanStep::Kind::warps, layout.warp_columns()))
    return std::nullopt;
  for (const std::uint32_t column : layout.cta_columns())
    if ((column & along) != 0) return std::nullopt;

  std::vector<ScanStep> steps;
  for (std::uint32_t rest = along; rest != 0; rest &= rest - 1) {
    const auto& position = positions[std::countr_zero(rest)];
    if (!position) return std::nullopt;
    const bool continues = !steps.empty() && steps.back().kind == position->kind &&
                           steps.back().bits.back() < position->bit;
    if (!continues) steps.push_back({position->kind, {}});
    steps.back().bits.push_back(position->bit);
  }
  return steps;
}

Distributed layout_for_scan(const Distributed& layout, int axis) {
  const auto steps = scan_steps(layout, axis);
  const bool is_innermost = (layout.axis_mask(axis) & 1) != 0;
  const int registers = layout.registers();
  if (steps && !is_innermost) return layout;
  const auto blocked =
      Distributed::blocked(layout.shape(), is_innermost ? registers : 1, layout.warps());
  if (!steps) return blocked;

  int groups = registers, shuffles = 0;
  for (const ScanStep& step : *steps) {
    const int bits = static_cast<int>(step.bits.size());
    if (step.kind == ScanStep::Kind::registers) groups >>= bits;
    if (step.kind == ScanStep::Kind::lanes) shuffles += groups * (bits + 2);
  }
  const int accesses = 2 * (registers + registers / 4) + 16;
  return shuffles > accesses ? blocked : layout;
}

}  // namespace tegula::layout
