#include "ops/reference/norm_sum.h"

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

template <class T>
NormSum<T> norm_sum(const NormProblem& p, Precision precision) {
  NormSum<T> sum;
  sum.branch_dtype = wider(p.x.dtype, p.rowscale);
  const Rounding r_branch(precision, sum.branch_dtype);
  const auto n = static_cast<std::size_t>(p.n);
  sum.branch.assign(p.x.data.begin(), p.x.data.end());
  for (std::size_t i = 0; i < sum.branch.size(); ++i) {
    T& value = sum.branch[i];
    if (p.rowscale.present()) value = r_branch(value * T(p.rowscale.data[i / n]));
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
  apply(p.layerscale, [&](const T& s, std::size_t i) { return s * T(p.layerscale.data[i % n]); });
  const Rounding r_x1(precision, p.x1.dtype);
  apply(p.x1, [&](const T& s, std::size_t i) {
    return s + dropped(p.mask1, i, T(p.x1.data[i]), p.keep_scale, r_x1);
  });
  apply(p.residual, [&](const T& s, std::size_t i) { return s + T(p.residual.data[i]); });
  if (p.residual_in_fp32 && !p.residual.present()) sum.dtype = DType::f32;
  return sum;
}

template <class T>
RowStatistics<T> row_statistics(const T* s, const NormProblem& p, const Rounding& r) {
  const T n = static_cast<double>(p.n);
  RowStatistics<T> row;
  if (!p.is_rms_norm) {
    Sum<T> total(r);
    for (std::int64_t j = 0; j < p.n; ++j) total.add(s[j]);
    row.mean = r(total.total() / n);
  }
  // About the mean the squares are least: an error of it counts as its own square alone.
  const T centre = value_of(row.mean);
  Sum<T> squares(r);
  for (std::int64_t j = 0; j < p.n; ++j) {
    const T centred = p.is_rms_norm ? s[j] : r(s[j] - centre);
    squares.add(r(centred * centred));
  }
  const double off = error_of(row.mean);
  row.rstd = r.rsqrt(r(rounded(r(squares.total() / n), off * off) + T(p.eps)));
  return row;
}

template <class T>
std::vector<T> norm_weight(const Values& weight, const NormProblem& p, Precision precision) {
  const Rounding r(precision, weight.dtype);
  std::vector<T> values(weight.data.begin(), weight.data.end());
  if (p.zero_centered_weight)
    for (T& value : values) value = r(T(1) + value);
  return values;
}

template NormSum<double> norm_sum(const NormProblem&, Precision);
template NormSum<Bounded> norm_sum(const NormProblem&, Precision);
template RowStatistics<double> row_statistics(const double*, const NormProblem&, const Rounding&);
template RowStatistics<Bounded> row_statistics(const Bounded*, const NormProblem&, const Rounding&);
template std::vector<double> norm_weight(const Values&, const NormProblem&, Precision);
template std::vector<Bounded> norm_weight(const Values&, const NormProblem&, Precision);

}  // namespace tegula::reference
