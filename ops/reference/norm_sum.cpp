#include "ops/reference/norm_sum.h"

#include <cmath>

namespace tegula::reference {

DType wider(DType a, const Values& b) { return b.present() ? wider(a, b.dtype) : a; }

void NormProblem::drop_out(const DropoutProblem& dropout) {
  if (dropout.p == 0) return;
  mask = dropout_mask(rows, n, dropout);
  if (x1.present()) mask1 = dropout_mask(rows, n, dropout, 1);
  keep_scale = dropout_scale(dropout.p);
}

DType NormProblem::sum_dtype() const {
  if (residual.present()) return residual.dtype;
  return residual_in_fp32 ? DType::f32 : x.dtype;
}

double dropped(const std::vector<double>& mask, std::size_t i, double value, double keep_scale,
               const Rounding& r) {
  if (mask.empty()) return value;
  return mask[i] != 0 ? r(value * keep_scale) : 0;
}

NormSum norm_sum(const NormProblem& p, Precision precision) {
  NormSum sum;
  sum.branch_dtype = wider(p.x.dtype, p.rowscale);
  const Rounding r_branch(precision, sum.branch_dtype);
  const auto n = static_cast<std::size_t>(p.n);
  sum.branch = p.x.data;
  for (std::size_t i = 0; i < sum.branch.size(); ++i) {
    double& value = sum.branch[i];
    if (p.rowscale.present()) value = r_branch(value * p.rowscale.data[i / n]);
    value = dropped(p.mask, i, value, p.keep_scale, r_branch);
  }

  sum.s = sum.branch;
  sum.dtype = sum.branch_dtype;
  // One more term or factor, which may widen the sum.
  const auto apply = [&](const Values& with, const auto& operation) {
    if (!with.present()) return;
    sum.dtype = wider(sum.dtype, with.dtype);
    const Rounding r(precision, sum.dtype);
    for (std::size_t i = 0; i < sum.s.size(); ++i) sum.s[i] = r(operation(sum.s[i], i));
  };
  apply(p.layerscale, [&](double s, std::size_t i) { return s * p.layerscale.data[i % n]; });
  const Rounding r_x1(precision, p.x1.dtype);
  apply(p.x1, [&](double s, std::size_t i) {
    return s + dropped(p.mask1, i, p.x1.data[i], p.keep_scale, r_x1);
  });
  apply(p.residual, [&](double s, std::size_t i) { return s + p.residual.data[i]; });
  if (p.residual_in_fp32 && !p.residual.present()) sum.dtype = DType::f32;
  return sum;
}

RowStatistics row_statistics(const double* s, const NormProblem& p, const Rounding& r) {
  const auto n = static_cast<double>(p.n);
  RowStatistics row;
  if (!p.is_rms_norm) {
    double total = 0;
    for (std::int64_t j = 0; j < p.n; ++j) total = r.add(total, s[j]);
    row.mean = r(total / n);
  }
  double squares = 0;
  for (std::int64_t j = 0; j < p.n; ++j) {
    const double centred = p.is_rms_norm ? s[j] : r(s[j] - row.mean);
    squares = r.add(squares, r(centred * centred));
  }
  row.rstd = r(1 / std::sqrt(r(r(squares / n) + p.eps)));
  return row;
}

std::vector<double> norm_weight(const Values& weight, const NormProblem& p, Precision precision) {
  const Rounding r(precision, weight.dtype);
  std::vector<double> values = weight.data;
  if (p.zero_centered_weight)
    for (double& value : values) value = r(1 + value);
  return values;
}

}  // namespace tegula::reference
