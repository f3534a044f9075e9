// Subspace: a set of numbers closed under XOR, kept as a basis.
#pragma once

#include <cstdint>
#include <vector>

namespace tegula::layout {

class Subspace {
 public:
  Subspace() = default;
  explicit Subspace(const std::vector<uint64_t>& vectors);

  int dimension() const { return static_cast<int>(basis_.size()); }
  bool contains(uint64_t vector) const { return reduced(vector) == 0; }
  // Whether the subspace has grown: `vector` was not in it.
  bool add(uint64_t vector);

 private:
  uint64_t reduced(uint64_t vector) const;
  std::vector<uint64_t> basis_;  // each with a highest bit that no other has
};

// Vectors whose span has `dimension` dimensions and nothing but 0 in common with either subspace.
// They are taken from `candidates` in order and, if these do not suffice, from the XORs of two of
// them. Let V be the span of the candidates. This succeeds if `dimension` is at most dim V minus
// the larger of dim (a and V) and dim (b and V): as long as fewer are chosen, both sums are proper
// subspaces of V, and two of those never cover it. Otherwise returns fewer vectors.
std::vector<uint64_t> common_complement(const Subspace& a, const Subspace& b, int dimension,
                                        const std::vector<uint64_t>& candidates);

}  // namespace tegula::layout
