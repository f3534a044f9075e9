#include "ops/reference/norm.h"

#include "ops/reference/norm_sum.h"

namespace tegula::reference {
namespace {

/// normalised * weight + bias.
template <class T>
std::vector<double> affine(const std::vector<T>& normalised, DType dtype, const Values& weight,
                           const Values& bias, const NormProblem& p, Precision precision) {
  const std::vector<T> w = norm_weight<T>(weight, p, precision);
  const DType scaled = wider(dtype, weight);
  const Rounding r(precision, scaled), r_bias(precision, wider(scaled, bias));
  const auto n = static_cast<std::size_t>(p.n);
  std::vector<double> y;
  y.reserve(normalised.size());
  for (std::size_t i = 0; i < normalised.size(); ++i) {
    T value = r(normalised[i] * w[i % n]);
    if (bias.present()) value = r_bias(value + T(bias.data[i % n]));
    y.push_back(given(r.output(p.out_dtype, value)));
  }
  return y;
}

template <class T>
NormResult norm_in(const NormProblem& p, Precision precision) {
  const NormSum<T> sum = norm_sum<T>(p, precision);
  const Rounding r(precision, sum.dtype);
  NormResult result;
  std::vector<T> normalised;
  normalised.reserve(sum.s.size());
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const T* s = sum.s.data() + row * p.n;
    const RowStatistics<T> statistics = row_statistics(s, p, r);
    result.rstd.push_back(given(r.output(DType::f32, statistics.rstd)));
    if (!p.is_rms_norm) result.mean.push_back(given(r.output(DType::f32, statistics.mean)));
    for (std::int64_t j = 0; j < p.n; ++j) {
      const T centred = p.is_rms_norm ? s[j] : r(s[j] - statistics.mean);
      normalised.push_back(r(centred * statistics.rstd));
    }
  }
  result.y = affine(normalised, sum.dtype, p.weight, p.bias, p, precision);
  if (p.weight1.present())
    result.y1 = affine(normalised, sum.dtype, p.weight1, p.bias1, p, precision);
  for (const T& s : sum.s) result.residual_out.push_back(given(r.output(p.sum_dtype(), s)));
  return result;
}

}  // namespace

NormResult norm(const NormProblem& p, Precision precision) {
  return evaluate(precision, [&](auto number) { return norm_in<decltype(number)>(p, precision); });
}

}  // namespace tegula::reference
