// An order for every seed: of clusters, blocks and warps.
#pragma once

#include <cstdint>

namespace tegula::sim {

/// A permutation of [0, count) that is computed, not stored; the identity for seed 0.
class SeededOrder {
 public:
  SeededOrder(std::uint64_t count, std::uint64_t seed);
  std::uint64_t operator[](std::uint64_t k) const {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(k) * factor_ + offset_) %
                                      count_);
  }

 private:
  std::uint64_t count_, factor_ = 1, offset_ = 0;
};

/// Mixes the bits of a number, for seeds.
std::uint64_t mixed(std::uint64_t x);

}  // namespace tegula::sim
