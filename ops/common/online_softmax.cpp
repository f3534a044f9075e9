#include "ops/common/online_softmax.h"

namespace tegula::ops {

Tile exponent_shift(const Tile& largest) { return select(largest == -infinity, 0.f, largest); }

OnlineSoftmax::OnlineSoftmax(std::int64_t rows, std::int64_t bn)
    : largest(full(f32, {rows, 1}, -infinity)), sums(zeros(f32, {rows, bn})) {}

void OnlineSoftmax::add(const Tile& x) {
  Tile grown = max(largest, reduce_max(x, 1));
  Tile to = exponent_shift(grown);
  sums = sums * exp(shift() - to) + exp(x - to);
  largest = grown;
}

}  // namespace tegula::ops
