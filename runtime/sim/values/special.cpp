// Special registers and addresses.
#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Scalar;
using format::Special;

/// The value in lane 0, and whether it grows by one from lane to lane.
struct SpecialValue {
  std::uint32_t first = 0;
  bool by_lane = false;
};

SpecialValue special_value(const WarpView& w, Special which) {
  switch (which) {
    case Special::tid_x:
      return {w.warp * warp_lanes, true};
    case Special::ntid_x:
      return {w.threads};
    case Special::ctaid_x:
      return {w.block[0]};
    case Special::ctaid_y:
      return {w.block[1]};
    case Special::ctaid_z:
      return {w.block[2]};
    case Special::nctaid_x:
      return {w.grid[0]};
    case Special::nctaid_y:
      return {w.grid[1]};
    case Special::nctaid_z:
      return {w.grid[2]};
    case Special::lane:
      return {0, true};
    case Special::warp:
      return {w.warp};
    case Special::warps:
      return {w.threads / warp_lanes};
  }
  return {};
}

template <class T>
void special(const WarpView& w, const Instruction& i, std::byte* result) {
  const SpecialValue value = special_value(w, static_cast<Special>(i.modifier));
  for (std::uint32_t lane = 0; lane < warp_lanes; ++lane)
    put<T>(result, lane, value.first + (value.by_lane ? lane : 0));
}

template <class Base, class Index>
void address(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* base = w.at(i.operands[0]);
  const std::byte* index = w.at(i.operands[1]);
  const auto scale = static_cast<std::uint64_t>(i.immediate);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  // Sign-extended, then modulo 2^64 (or 2^32): as unsigned, so that nothing overflows.
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k) {
    const auto offset = static_cast<std::uint64_t>(std::int64_t{get<Index>(index, k)});
    put<Base>(result, k, static_cast<Base>(get<Base>(base, k) + offset * scale));
  }
}

}  // namespace

Handler special_handler(const HandlerKey& key) {
  const bool wide = key.scalar == Scalar::i64, wide_index = key.source == Scalar::i64;
  if (key.opcode == Opcode::special) return wide ? special<std::uint64_t> : special<std::uint32_t>;
  if (key.opcode != Opcode::address) return nullptr;
  if (wide)
    return wide_index ? address<std::uint64_t, std::int64_t> : address<std::uint64_t, std::int32_t>;
  return wide_index ? address<std::uint32_t, std::int64_t> : address<std::uint32_t, std::int32_t>;
}

}  // namespace tegula::sim
