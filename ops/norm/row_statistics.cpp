#include "ops/norm/row_statistics.h"

namespace tegula::ops {
namespace {

Tile root(const Tile& squares, std::int64_t n, const Tile& eps) {
  return rsqrt(squares / static_cast<float>(n) + eps);
}

}  // namespace

Mask columns_inside(const Tile& j, std::int64_t bn, std::int64_t n) {
  return (j * bn + iota(bn)).reshape({1, bn}) < n;
}

RowStatistics statistics_of_tile(NormKind kind, const Tile& s, const Tile& j, int cluster,
                                 std::int64_t n, const Tile& eps) {
  const auto total = [](const Tile& value) { return cluster_sum(sum(value, 1)); };
  if (kind == NormKind::rms) return {Tile(), root(total(s * s), n, eps)};
  const std::int64_t bn = s.shape()[1];
  Tile mean = total(s) / static_cast<float>(n);
  Tile deviation = s - mean;
  if (n != bn * cluster) deviation = select(columns_inside(j, bn, n), deviation, 0.f);
  return {mean, root(total(deviation * deviation), n, eps)};
}

RunningStatistics::RunningStatistics(NormKind kind, int rows, int bn, std::int64_t n)
    : kind_(kind), n_(n), bn_(bn), squares_(zeros(f32, {rows, bn})) {
  if (kind_ == NormKind::layer) mean_ = zeros(f32, {rows, bn});
}

void RunningStatistics::add(const Tile& s, const Tile& j) {
  if (kind_ == NormKind::rms) {
    squares_ += s * s;
    return;
  }
  Tile deviation = s - mean_;
  Tile mean = mean_ + deviation * (1 / (j + 1).to(f32));
  Tile squares = squares_ + deviation * (s - mean);
  if (n_ % bn_ == 0) {
    mean_ = mean;
    squares_ = squares;
  } else {
    Mask there = columns_inside(j, bn_, n_);
    mean_ = select(there, mean, mean_);
    squares_ = select(there, squares, squares_);
  }
}

RowStatistics RunningStatistics::finish(const Tile& eps) const {
  if (kind_ == NormKind::rms) return {Tile(), root(sum(squares_, 1), n_, eps)};
  // How many elements a column has had: one more where the last, partial tile has it too.
  Tile counts = full(f32, {1, bn_}, static_cast<double>(n_ / bn_));
  if (n_ % bn_ != 0) counts += columns_inside(full(i32, {}, n_ / bn_), bn_, n_).to(f32);
  Tile mean = sum(mean_ * counts, 1) / static_cast<float>(n_);
  Tile between = mean_ - mean;
  return {mean, root(sum(squares_ + between * between * counts, 1), n_, eps)};
}

}  // namespace tegula::ops
