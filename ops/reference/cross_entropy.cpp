#include "ops/reference/cross_entropy.h"

#include "tegula/reference.h"

#include <limits>

namespace tegula::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

enum class Label { ignored, wrong, good };

Label label_of(const CrossEntropyProblem& p, double target) {
  if (target == static_cast<double>(p.ignore_index)) return Label::ignored;
  return target >= 0 && target < static_cast<double>(p.n) ? Label::good : Label::wrong;
}

/// What the target should have of column j.
template <class T>
T wanted_share(const CrossEntropyProblem& p, double target, std::int64_t j, const Rounding& r) {
  const double onehot = static_cast<double>(j) == target ? 1 : 0;
  return r(r(constant<T>(1 - p.label_smoothing) * T(onehot)) +
           r(constant<T>(p.label_smoothing) / T(static_cast<double>(p.n))));
}

/// Loss and lse of one row; z: its scaled logits.
template <class T>
T loss_of(const CrossEntropyProblem& p, const T* z, double target, const T& lse,
          const Rounding& r) {
  const T picked = z[static_cast<std::size_t>(target)];
  T loss = p.label_smoothing == 0 ? r(lse - picked) : T(0);
  if (p.label_smoothing != 0) {
    Sum<T> expected(r);
    for (std::int64_t j = 0; j < p.n; ++j) expected.add(r(z[j] * wanted_share<T>(p, target, j, r)));
    loss = r(lse - expected.rounded());
  }
  if (p.lse_square_scale != 0) loss = r(loss + r(T(p.lse_square_scale) * r(lse * lse)));
  return loss;
}

template <class T>
CrossEntropyResult cross_entropy_in(const CrossEntropyProblem& p, Precision precision) {
  const Rounding r(precision, p.x.dtype);
  CrossEntropyResult result;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    std::vector<T> z(p.x.data.begin() + row * p.n, p.x.data.begin() + (row + 1) * p.n);
    for (T& value : z) value = r(value * T(p.logit_scale));
    const T top = largest(z.data(), p.n);
    Sum<T> sum(r);
    for (const T& value : z) sum.add(r.exp(r(value - top)));
    // The logarithm of a sum of nothing but exp(-Inf), which are zeros.
    const T lse = value_of(top) == -std::numeric_limits<double>::infinity()
                      ? top
                      : r(top + r.log(sum.rounded()));

    const double target = p.target[static_cast<std::size_t>(row)];
    T loss = nan;
    if (label_of(p, target) == Label::ignored) loss = 0;
    if (label_of(p, target) == Label::good) loss = loss_of(p, z.data(), target, lse, r);
    result.loss.push_back(given(r.output(DType::f32, loss)));
    result.lse.push_back(given(r.output(DType::f32, lse)));
  }
  return result;
}

template <class T>
std::vector<double> cross_entropy_bwd_in(const CrossEntropyProblem& p, const Values& dloss,
                                         const std::vector<double>& lse, DType out_dtype,
                                         Precision precision) {
  const Rounding r(precision, wider(p.x.dtype, dloss.dtype));
  std::vector<double> dx;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const Label label = label_of(p, p.target[i]);
    const T growth = r(T(1) + r(T(2 * p.lse_square_scale) * T(lse[i])));
    const T scale = r(T(dloss.data[i]) * T(p.logit_scale));
    for (std::int64_t j = 0; j < p.n; ++j) {
      T value = label == Label::ignored ? 0 : nan;
      if (label == Label::good) {
        const T z = r(T(p.x.data[static_cast<std::size_t>(row * p.n + j)]) * T(p.logit_scale));
        const T share = r(r.exp(r(z - T(lse[i]))) * growth);
        value = r(scale * r(share - wanted_share<T>(p, p.target[i], j, r)));
      }
      dx.push_back(given(r.output(out_dtype, value)));
    }
  }
  return dx;
}

}  // namespace

CrossEntropyResult cross_entropy(const CrossEntropyProblem& p, Precision precision) {
  return evaluate(precision,
                  [&](auto number) { return cross_entropy_in<decltype(number)>(p, precision); });
}

std::vector<double> cross_entropy_bwd(const CrossEntropyProblem& p, const Values& dloss,
                                      const std::vector<double>& lse, DType out_dtype,
                                      Precision precision) {
  return evaluate(precision, [&](auto number) {
    return cross_entropy_bwd_in<decltype(number)>(p, dloss, lse, out_dtype, precision);
  });
}

namespace {

CrossEntropyProblem cross_entropy_problem(const Call& call) {
  return {.rows = call.rows("x"),
          .n = call.columns("x"),
          .x = call.values("x"),
          .target = call.values("target").data,
          .label_smoothing = call.number("label_smoothing"),
          .logit_scale = call.number("logit_scale"),
          .lse_square_scale = call.number("lse_square_scale"),
          .ignore_index = call.integer("ignore_index")};
}

}  // namespace

Outputs cross_entropy(const Call& call, Precision precision) {
  CrossEntropyResult result = cross_entropy(cross_entropy_problem(call), precision);
  return {{"loss", std::move(result.loss)}, {"lse", std::move(result.lse)}};
}

Outputs cross_entropy_bwd(const Call& call, Precision precision) {
  return {{"dx", cross_entropy_bwd(cross_entropy_problem(call), call.values("dloss"),
                                   call.values("lse").data, call.dtype("dx"), precision)}};
}

}  // namespace tegula::reference
