// Registers taken apart and put together; selection. Values are bytes here: only widths matter.
#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::Opcode;

void copy(const WarpView& w, const Instruction& i, std::byte* result) {
  // A register moved onto itself is legal.
  std::memmove(result, w.at(i.operands[0]), std::size_t{warp_lanes} * i.lane_bytes);
}

template <class T>
void splat(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  for (std::size_t lane = 0; lane < warp_lanes; ++lane) {
    const T value = get<T>(a, lane);
    for (std::size_t e = 0; e < i.elements; ++e) put<T>(result, lane * i.elements + e, value);
  }
}

template <class T>
void extract(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const auto element = static_cast<std::size_t>(i.immediate);
  for (std::size_t lane = 0; lane < warp_lanes; ++lane)
    put<T>(result, lane, get<T>(a, lane * i.source_elements + element));
}

template <class T>
void insert(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* b = w.at(i.operands[1]);
  const auto element = static_cast<std::size_t>(i.immediate);
  copy(w, i, result);
  for (std::size_t lane = 0; lane < warp_lanes; ++lane)
    put<T>(result, lane * i.elements + element, get<T>(b, lane));
}

template <class T>
void shuffle(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const std::byte* b = w.at(i.operands[1]);
  const std::size_t n = i.source_elements;
  for (std::size_t e = 0; e < i.elements; ++e) {
    const std::int32_t pick = i.table[e];
    const auto element = static_cast<std::size_t>(pick);
    const bool first = pick < 0 || element < n;
    const std::byte* from = first ? a : b;
    const std::size_t offset = pick < 0 ? 0 : (first ? element : element - n);
    for (std::size_t lane = 0; lane < warp_lanes; ++lane)
      put<T>(result, lane * i.elements + e, get<T>(from, lane * n + offset));
  }
}

template <class T>
void select(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* condition = w.at(i.operands[0]);
  const std::byte* a = w.at(i.operands[1]);
  const std::byte* b = w.at(i.operands[2]);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k) {
    const T x = get<T>(a, k), y = get<T>(b, k);
    put<T>(result, k, get<std::uint8_t>(condition, k) != 0 ? x : y);
  }
}

template <class T>
void select_whole(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* condition = w.at(i.operands[0]);
  const std::size_t bytes = i.lane_bytes;
  for (std::size_t lane = 0; lane < warp_lanes; ++lane) {
    const std::byte* from = w.at(i.operands[get<std::uint8_t>(condition, lane) != 0 ? 1 : 2]);
    std::memmove(result + lane * bytes, from + lane * bytes, bytes);
  }
}

/// The one of four handlers that is for values of `bytes` bytes.
Handler by_width(int bytes, Handler one, Handler two, Handler four, Handler eight) {
  return bytes == 1 ? one : bytes == 2 ? two : bytes == 4 ? four : eight;
}

}  // namespace

Handler shape_handler(const HandlerKey& key) {
  using U8 = std::uint8_t;
  using U16 = std::uint16_t;
  using U32 = std::uint32_t;
  using U64 = std::uint64_t;
  const int bytes = format::scalar_bytes(key.scalar);
  switch (key.opcode) {
    case Opcode::move:
    case Opcode::bitcast:
      return copy;
    case Opcode::splat:
      return by_width(bytes, splat<U8>, splat<U16>, splat<U32>, splat<U64>);
    case Opcode::extract:
      return by_width(bytes, extract<U8>, extract<U16>, extract<U32>, extract<U64>);
    case Opcode::insert:
      return by_width(bytes, insert<U8>, insert<U16>, insert<U32>, insert<U64>);
    case Opcode::shuffle:
      return by_width(bytes, shuffle<U8>, shuffle<U16>, shuffle<U32>, shuffle<U64>);
    case Opcode::select:
      if (key.one_condition) return select_whole<U8>;
      return by_width(bytes, select<U8>, select<U16>, select<U32>, select<U64>);
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
