// Loops over all lanes and elements of registers. Values are read and written with memcpy: the
// frame is bytes, and a register may be looked at as another type of the same width.
#pragma once

#include <cstring>

#include "runtime/sim/code/decode.h"
#include "runtime/sim/values/half.h"

namespace tegula::sim {

template <class T>
inline T get(const std::byte* values, std::size_t k) {
  T value;
  std::memcpy(&value, values + k * sizeof(T), sizeof(T));
  return value;
}
template <class T>
inline void put(std::byte* values, std::size_t k, T value) {
  std::memcpy(values + k * sizeof(T), &value, sizeof(T));
}

/// Before a loop over lanes: a result may be one of the operands, and then lies exactly on it, so
/// that an iteration reads only what it overwrites itself. (clang has no such pragma and checks for
/// overlap instead.)
#if defined(__clang__)
#define TEGULA_LANES_ARE_INDEPENDENT
#else
#define TEGULA_LANES_ARE_INDEPENDENT _Pragma("GCC ivdep")
#endif

template <class Out, class A, class F>
void unary(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k) put<Out>(result, k, F{}(get<A>(a, k)));
}

template <class Out, class A, class F>
void binary(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const std::byte* b = w.at(i.operands[1]);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k) put<Out>(result, k, F{}(get<A>(a, k), get<A>(b, k)));
}

template <class T, class F>
void ternary(const WarpView& w, const Instruction& i, std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const std::byte* b = w.at(i.operands[1]);
  const std::byte* c = w.at(i.operands[2]);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k)
    put<T>(result, k, F{}(get<T>(a, k), get<T>(b, k), get<T>(c, k)));
}

/// Bit l says whether lane l of an i1 register of one element is true.
inline std::uint32_t lane_mask(const std::byte* truths) {
  // The product gathers the low bits of eight bytes into its top byte. (A lane that has never been
  // active may hold any byte.)
  constexpr std::uint64_t low_bits = 0x0101010101010101, gather = 0x0102040810204080;
  std::uint32_t mask = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const std::uint64_t eight = get<std::uint64_t>(truths, k) & low_bits;
    mask |= static_cast<std::uint32_t>((eight * gather) >> 56) << (8 * k);
  }
  return mask;
}

/// `target` takes the active lanes of `source`.
void blend(std::byte* target, const std::byte* source, std::uint32_t active,
           std::uint32_t lane_bytes);

}  // namespace tegula::sim
