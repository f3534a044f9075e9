#include "ops/reference/rms_norm.h"

#include <cmath>

#include "ops/reference/number_format.h"

namespace tegula::reference {
namespace {

/// The dtype of an operation with a tensor that may be absent.
DType wider(DType a, const Values& b) { return b.present() ? reference::wider(a, b.dtype) : a; }

}  // namespace

RmsNormResult rms_norm_fp64(const RmsNormProblem& p) {
  RmsNormResult result;
  std::vector<double> s = p.x.data;
  if (p.residual.present()) {
    for (std::size_t i = 0; i < s.size(); ++i) s[i] += p.residual.data[i];
    result.residual_out = s;
  }
  const auto n = static_cast<std::size_t>(p.n);
  result.y.resize(s.size());
  for (std::size_t row = 0; row < static_cast<std::size_t>(p.rows); ++row) {
    const double* values = s.data() + row * n;
    double squares = 0;
    for (std::size_t j = 0; j < n; ++j) squares += values[j] * values[j];
    const double rstd = 1 / std::sqrt(squares / static_cast<double>(n) + p.eps);
    result.rstd.push_back(rstd);
    for (std::size_t j = 0; j < n; ++j)
      result.y[row * n + j] =
          values[j] * rstd * p.weight.data[j] + (p.bias.present() ? p.bias.data[j] : 0);
  }
  return result;
}

RmsNormResult rms_norm_plain(const RmsNormProblem& p) {
  RmsNormResult result;
  const DType sum_dtype = wider(p.x.dtype, p.residual);
  const DType scaled_dtype = wider(sum_dtype, p.weight);
  const DType biased_dtype = wider(scaled_dtype, p.bias);
  std::vector<double> s = p.x.data;
  if (p.residual.present()) {
    for (std::size_t i = 0; i < s.size(); ++i)
      s[i] = round_to(sum_dtype, s[i] + p.residual.data[i]);
    for (const double value : s) result.residual_out.push_back(round_to(p.residual.dtype, value));
  }
  const auto n = static_cast<std::size_t>(p.n);
  result.y.resize(s.size());
  for (std::size_t row = 0; row < static_cast<std::size_t>(p.rows); ++row) {
    const double* values = s.data() + row * n;
    float squares = 0;
    for (std::size_t j = 0; j < n; ++j)
      squares += static_cast<float>(round_to(sum_dtype, values[j] * values[j]));
    const double mean = round_to(sum_dtype, static_cast<double>(squares) / static_cast<double>(n));
    const double shifted = round_to(sum_dtype, mean + p.eps);
    const double rstd = round_to(sum_dtype, 1 / std::sqrt(shifted));
    result.rstd.push_back(rstd);
    for (std::size_t j = 0; j < n; ++j) {
      double value = round_to(sum_dtype, values[j] * rstd);
      value = round_to(scaled_dtype, value * p.weight.data[j]);
      if (p.bias.present()) value = round_to(biased_dtype, value + p.bias.data[j]);
      result.y[row * n + j] = round_to(p.out_dtype, value);
    }
  }
  return result;
}

}  // namespace tegula::reference
