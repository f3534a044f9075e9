#include "compiler/layout/subspace.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace tegula::layout {

Subspace::Subspace(const std::vector<uint64_t>& vectors) {
  for (uint64_t vector : vectors) add(vector);
}

uint64_t Subspace::reduced(uint64_t vector) const {
  for (uint64_t b : basis_)  // descending, so that no step sets a bit again that was cancelled
    if (std::bit_width(vector) == std::bit_width(b)) vector ^= b;
  return vector;
}

bool Subspace::add(uint64_t vector) {
  vector = reduced(vector);
  if (vector == 0) return false;
  basis_.insert(std::ranges::upper_bound(basis_, vector, std::greater<>()), vector);
  return true;
}

std::vector<uint64_t> common_complement(const Subspace& a, const Subspace& b, int dimension,
                                        const std::vector<uint64_t>& candidates) {
  Subspace with_a = a, with_b = b;
  std::vector<uint64_t> chosen;
  const auto full = [&] { return static_cast<int>(chosen.size()) >= dimension; };
  const auto consider = [&](uint64_t vector) {
    if (full() || with_a.contains(vector) || with_b.contains(vector)) return;
    with_a.add(vector);
    with_b.add(vector);
    chosen.push_back(vector);
  };
  for (uint64_t candidate : candidates) consider(candidate);
  for (size_t i = 0; i < candidates.size() && !full(); ++i)
    for (size_t j = 0; j < i; ++j) consider(candidates[i] ^ candidates[j]);
  return chosen;
}

}  // namespace tegula::layout
