#include "ops/reference/softmax.h"

#include "tegula/reference.h"

namespace tegula::reference {
namespace {

template <class T>
std::vector<double> softmax_in(const SoftmaxProblem& p, Precision precision) {
  const Rounding r(precision, p.x.dtype);
  const std::vector<T> values(p.x.data.begin(), p.x.data.end());
  std::vector<double> y;
  y.reserve(values.size());
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const T* x = values.data() + row * p.n;
    const T top = largest(x, p.n);
    Sum<T> sum(r);
    for (std::int64_t j = 0; j < p.n; ++j) sum.add(r.exp(r(x[j] - top)));
    const T total = sum.rounded();
    for (std::int64_t j = 0; j < p.n; ++j) {
      const T shifted = r(x[j] - top);
      // Rounded twice: it may be divided by way of the inverse.
      const T value = p.logarithm ? r(shifted - r.log(total)) : r(r(r.exp(shifted) / total));
      y.push_back(given(r.output(p.out_dtype, value)));
    }
  }
  return y;
}

template <class T>
std::vector<double> softmax_bwd_in(const SoftmaxBwdProblem& p, Precision precision) {
  const Rounding r(precision, wider(p.dy.dtype, p.y.dtype));
  std::vector<double> dx;
  dx.reserve(p.dy.data.size());
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const double* dy = p.dy.data.data() + row * p.n;
    const double* y = p.y.data.data() + row * p.n;
    Sum<T> sum(r);
    for (std::int64_t j = 0; j < p.n; ++j) sum.add(p.logarithm ? T(dy[j]) : r(T(dy[j]) * T(y[j])));
    const T total = sum.rounded();
    for (std::int64_t j = 0; j < p.n; ++j) {
      const T value =
          p.logarithm ? r(T(dy[j]) - r(r.exp(T(y[j])) * total)) : r(T(y[j]) * r(T(dy[j]) - total));
      dx.push_back(given(r.output(p.out_dtype, value)));
    }
  }
  return dx;
}

}  // namespace

std::vector<double> softmax(const SoftmaxProblem& p, Precision precision) {
  return evaluate(precision,
                  [&](auto number) { return softmax_in<decltype(number)>(p, precision); });
}

std::vector<double> softmax_bwd(const SoftmaxBwdProblem& p, Precision precision) {
  return evaluate(precision,
                  [&](auto number) { return softmax_bwd_in<decltype(number)>(p, precision); });
}

namespace {

Outputs softmax_of(const Call& call, bool logarithm, Precision precision) {
  const SoftmaxProblem problem = {call.rows("x"), call.columns("x"), call.values("x"),
                                  call.dtype("y"), logarithm};
  return {{"y", softmax(problem, precision)}};
}

Outputs softmax_bwd_of(const Call& call, bool logarithm, Precision precision) {
  const SoftmaxBwdProblem problem = {call.rows("dy"),  call.columns("dy"), call.values("dy"),
                                     call.values("y"), call.dtype("dx"),   logarithm};
  return {{"dx", softmax_bwd(problem, precision)}};
}

}  // namespace

Outputs softmax(const Call& call, Precision precision) {
  return softmax_of(call, false, precision);
}
Outputs log_softmax(const Call& call, Precision precision) {
  return softmax_of(call, true, precision);
}
Outputs softmax_bwd(const Call& call, Precision precision) {
  return softmax_bwd_of(call, false, precision);
}
Outputs log_softmax_bwd(const Call& call, Precision precision) {
  return softmax_bwd_of(call, true, precision);
}

}  // namespace tegula::reference
