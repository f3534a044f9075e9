#include "ops/reference/cross_entropy.h"

#include <cmath>
#include <limits>

namespace tegula::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

enum class Label { ignored, wrong, good };

Label label_of(const CrossEntropyProblem& p, double target) {
  if (target == static_cast<double>(p.ignore_index)) return Label::ignored;
  return target >= 0 && target < static_cast<double>(p.n) ? Label::good : Label::wrong;
}

}  // namespace

CrossEntropyResult cross_entropy(const CrossEntropyProblem& p, Precision precision) {
  const Rounding r(precision, p.x.dtype);
  CrossEntropyResult result;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    std::vector<double> z(p.x.data.begin() + row * p.n, p.x.data.begin() + (row + 1) * p.n);
    double total = 0, sum = 0;
    for (double& value : z) total = r.add(total, value = r(value * p.logit_scale));
    const double top = largest(z.data(), p.n);
    for (const double value : z) sum = r.add(sum, r(std::exp(r(value - top))));
    // The logarithm of a sum of nothing but exp(-Inf), which are zeros.
    const double lse =
        top == -std::numeric_limits<double>::infinity() ? top : r(top + r(std::log(r(sum))));

    const double target = p.target[static_cast<std::size_t>(row)];
    double loss = nan;
    if (label_of(p, target) == Label::ignored) loss = 0;
    if (label_of(p, target) == Label::good) {
      const double picked = z[static_cast<std::size_t>(target)];
      loss = r(lse - r((1 - p.label_smoothing) * picked));
      if (p.label_smoothing != 0)
        loss = r(loss - r(p.label_smoothing * r(r(total) / static_cast<double>(p.n))));
      if (p.lse_square_scale != 0) loss = r(loss + r(p.lse_square_scale * r(lse * lse)));
    }
    result.loss.push_back(r.output(DType::f32, loss));
    result.lse.push_back(r.output(DType::f32, lse));
  }
  return result;
}

std::vector<double> cross_entropy_bwd(const CrossEntropyProblem& p, const Values& dloss,
                                      const std::vector<double>& lse, DType out_dtype,
                                      Precision precision) {
  const Rounding r(precision, wider(p.x.dtype, dloss.dtype));
  std::vector<double> dx;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const Label label = label_of(p, p.target[i]);
    const double growth = r(1 + r(2 * p.lse_square_scale * lse[i]));
    for (std::int64_t j = 0; j < p.n; ++j) {
      double value = label == Label::ignored ? 0 : nan;
      if (label == Label::good) {
        const double z = r(p.x.data[static_cast<std::size_t>(row * p.n + j)] * p.logit_scale);
        const double onehot = static_cast<double>(j) == p.target[i] ? 1 : 0;
        const double wanted = r(r((1 - p.label_smoothing) * onehot) +
                                r(p.label_smoothing / static_cast<double>(p.n)));
        const double share = r(r(std::exp(r(z - lse[i]))) * growth);
        value = r(r(dloss.data[i] * p.logit_scale) * r(share - wanted));
      }
      dx.push_back(r.output(out_dtype, value));
    }
  }
  return dx;
}

}  // namespace tegula::reference
