#include "ops/reference/softmax.h"

#include <cmath>

namespace tegula::reference {

std::vector<double> softmax(const SoftmaxProblem& p, Precision precision) {
  const Rounding r(precision, p.x.dtype);
  std::vector<double> y(p.x.data.size());
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const double* x = p.x.data.data() + row * p.n;
    double* out = y.data() + row * p.n;
    const double top = largest(x, p.n);
    double sum = 0;
    for (std::int64_t j = 0; j < p.n; ++j) sum = r.add(sum, r(std::exp(r(x[j] - top))));
    sum = r(sum);
    for (std::int64_t j = 0; j < p.n; ++j) {
      const double shifted = r(x[j] - top);
      const double value =
          p.logarithm ? r(shifted - r(std::log(sum))) : r(r(std::exp(shifted)) / sum);
      out[j] = r.output(p.out_dtype, value);
    }
  }
  return y;
}

std::vector<double> softmax_bwd(const SoftmaxBwdProblem& p, Precision precision) {
  const Rounding r(precision, wider(p.dy.dtype, p.y.dtype));
  std::vector<double> dx(p.dy.data.size());
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const double* dy = p.dy.data.data() + row * p.n;
    const double* y = p.y.data.data() + row * p.n;
    double sum = 0;
    for (std::int64_t j = 0; j < p.n; ++j) sum = r.add(sum, p.logarithm ? dy[j] : r(dy[j] * y[j]));
    sum = r(sum);
    for (std::int64_t j = 0; j < p.n; ++j) {
      const double value =
          p.logarithm ? r(dy[j] - r(r(std::exp(y[j])) * sum)) : r(y[j] * r(dy[j] - sum));
      dx[static_cast<std::size_t>(row * p.n + j)] = r.output(p.out_dtype, value);
    }
  }
  return dx;
}

}  // namespace tegula::reference
