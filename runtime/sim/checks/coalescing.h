// How many memory transactions a warp's request takes: the model behind the counters of sectors and
// wavefronts. Pure functions of the addresses.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/sim/code/decode.h"

namespace tegula::sim {

inline constexpr std::uint32_t sector_bytes = 32;
inline constexpr std::uint32_t bank_count = 32;
inline constexpr std::uint32_t bank_bytes = 4;
inline constexpr std::uint32_t wavefront_bytes = bank_count * bank_bytes;

/// One warp's access: `size` bytes at each active lane's address.
struct Request {
  std::array<std::uint64_t, warp_lanes> address;
  std::uint32_t active = 0;
  std::uint32_t size = 0;

  /// Whether the active lanes are consecutive and so are their accesses, without gaps or overlap.
  /// (Cheap, and true of most requests.)
  bool contiguous() const;
  /// Whether all active lanes access the same bytes.
  bool uniform() const;
  std::uint32_t first_lane() const { return static_cast<std::uint32_t>(__builtin_ctz(active)); }
};

struct Footprint {
  std::uint64_t distinct_bytes = 0;
  std::uint64_t sectors = 0;  ///< distinct 32-byte sectors
};
Footprint footprint(const Request& request);

/// Shared memory serves 32 banks of 4 bytes in one wavefront. Accesses of 8 bytes and more go in
/// groups of consecutive lanes that access 128 bytes together.
std::uint32_t shared_wavefronts(const Request& request);

}  // namespace tegula::sim
