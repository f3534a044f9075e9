// docs/rng.md in code, written from that page alone: shares nothing with the library.
#pragma once

#include <array>
#include <cstdint>

namespace tegula::testing::rng_doc {

using Words = std::array<std::uint32_t, 4>;

Words philox4x32(int rounds, std::array<std::uint32_t, 2> key, Words counter);

enum class Operand : std::uint8_t { x, x1 };

/// u, the 16 random bits of an element.
std::uint32_t random_bits(std::uint64_t seed, std::uint64_t offset, Operand operand,
                          std::uint64_t row, std::uint64_t column);

/// T.
std::uint32_t threshold(float p);
float scale(float p);

inline bool kept(std::uint64_t seed, std::uint64_t offset, Operand operand, std::uint64_t row,
                 std::uint64_t column, float p) {
  return random_bits(seed, offset, operand, row, column) < threshold(p);
}

}  // namespace tegula::testing::rng_doc
