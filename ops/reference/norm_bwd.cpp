#include "ops/reference/norm.h"
#include "ops/reference/norm_sum.h"

namespace tegula::reference {
namespace {

/// Sums over the rows of what each row adds to its (n,).
template <class T>
class ColumnSums {
 public:
  ColumnSums(const Values& of, const Rounding& r)
      : dtype_(of.dtype), r_(r), sums_(of.data.size(), Sum<T>(r)) {}
  void add(std::size_t column, const T& value) {
    if (!sums_.empty()) sums_[column].add(value);
  }
  std::vector<double> result() const {
    std::vector<double> rounded;
    for (const Sum<T>& sum : sums_) rounded.push_back(given(r_.output(dtype_, sum.total())));
    return rounded;
  }

 private:
  DType dtype_;
  Rounding r_;
  std::vector<Sum<T>> sums_;
};

/// The gradient of the normalised rows, weight * dy + weight1 * dy1, and its dtype.
template <class T>
struct Incoming {
  std::vector<T> g;
  DType dtype;
};

template <class T>
Incoming<T> incoming(const NormProblem& p, const NormOutputGradients& d, Precision precision) {
  const auto n = static_cast<std::size_t>(p.n);
  Incoming<T> result{{d.dy.data.begin(), d.dy.data.end()}, wider(d.dy.dtype, p.weight)};
  const std::vector<T> w = norm_weight<T>(p.weight, p, precision);
  const Rounding r(precision, result.dtype);
  for (std::size_t i = 0; i < result.g.size(); ++i) result.g[i] = r(result.g[i] * w[i % n]);
  if (!p.weight1.present()) return result;

  const std::vector<T> w1 = norm_weight<T>(p.weight1, p, precision);
  const DType dtype1 = wider(d.dy1.dtype, p.weight1);
  result.dtype = wider(result.dtype, dtype1);
  const Rounding r1(precision, dtype1), r_both(precision, result.dtype);
  for (std::size_t i = 0; i < result.g.size(); ++i)
    result.g[i] = r_both(result.g[i] + r1(T(d.dy1.data[i]) * w1[i % n]));
  return result;
}

/// The row's gradient, without dresidual_out: rstd * (g - h * mean(g * h) - mean(g)).
template <class T>
void add_row_gradient(std::vector<T>& ds, const T* h, const T* g, const T& rstd,
                      const NormProblem& p, const Rounding& r) {
  Sum<T> products(r), total(r);
  for (std::int64_t j = 0; j < p.n; ++j) {
    products.add(r(g[j] * h[j]));
    if (!p.is_rms_norm) total.add(g[j]);
  }
  const T n = static_cast<double>(p.n);
  const T projection = r(products.total() / n), mean = r(total.total() / n);
  for (std::int64_t j = 0; j < p.n; ++j) {
    T value = r(g[j] - r(h[j] * projection));
    if (!p.is_rms_norm) value = r(value - mean);
    ds.push_back(r(rstd * value));
  }
}

/// All rows normalised, and their gradients with dresidual_out.
template <class T>
struct RowGradients {
  std::vector<T> normalised, ds;
  DType dtype;  ///< of ds in plain
};

template <class T>
RowGradients<T> row_gradients(const NormProblem& p, const NormOutputGradients& d,
                              const NormSum<T>& sum, Precision precision) {
  const Incoming<T> in = incoming<T>(p, d, precision);
  RowGradients<T> result{{}, {}, wider(in.dtype, sum.dtype)};
  const Rounding r_s(precision, sum.dtype), r(precision, result.dtype);
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const T* s = sum.s.data() + row * p.n;
    const auto at = static_cast<std::size_t>(row);
    RowStatistics<T> statistics;
    if (d.saved) {
      statistics.rstd = r_s(T(d.saved->rstd[at]));
      if (!p.is_rms_norm) statistics.mean = r_s(T(d.saved->mean[at]));
    } else {
      statistics = row_statistics(s, p, r_s);
    }
    for (std::int64_t j = 0; j < p.n; ++j) {
      const T stored =
          d.saved ? T(d.saved->s[at * static_cast<std::size_t>(p.n) + static_cast<std::size_t>(j)])
                  : r_s.output(p.sum_dtype(), s[j]);
      // One element is its own mean, whatever rounding has made of the two.
      const T deviation = p.n == 1 ? T(0) : r_s(stored - statistics.mean);
      const T centred = p.is_rms_norm ? stored : deviation;
      result.normalised.push_back(r_s(centred * statistics.rstd));
    }
    add_row_gradient(result.ds, result.normalised.data() + row * p.n, in.g.data() + row * p.n,
                     statistics.rstd, p, r);
  }
  if (!d.dresidual_out.present()) return result;

  result.dtype = wider(result.dtype, d.dresidual_out);
  const Rounding r_sum(precision, result.dtype);
  for (std::size_t i = 0; i < result.ds.size(); ++i)
    result.ds[i] = r_sum(result.ds[i] + T(d.dresidual_out.data[i]));
  return result;
}

template <class T>
NormInputGradients norm_bwd_in(const NormProblem& p, const NormOutputGradients& d,
                               Precision precision) {
  const NormSum<T> sum = norm_sum<T>(p, precision);
  const auto& [normalised, ds, dtype] = row_gradients<T>(p, d, sum, precision);
  const auto n = static_cast<std::size_t>(p.n);

  const Rounding r(precision, dtype), r_scaled(precision, wider(dtype, p.layerscale));
  const Rounding r_x(precision, wider(wider(dtype, p.layerscale), p.rowscale));
  const Rounding r_dy(precision, wider(d.dy.dtype, sum.dtype));
  const Rounding r_dy1(precision, wider(d.dy1.dtype, sum.dtype));
  const Rounding r_layer(precision, wider(dtype, sum.branch_dtype));
  const DType x_dtype = d.x_dtype.value_or(p.x.dtype);
  const auto sums = [&](const Values& of) { return ColumnSums<T>(of, r); };
  ColumnSums<T> dweight = sums(p.weight), dbias = sums(p.bias), dweight1 = sums(p.weight1),
                dbias1 = sums(p.bias1), dlayerscale = sums(p.layerscale);
  NormInputGradients result;
  for (std::size_t i = 0; i < ds.size(); ++i) {
    const std::size_t column = i % n;
    T dx = ds[i];
    if (p.layerscale.present()) dx = r_scaled(dx * T(p.layerscale.data[column]));
    dx = dropped(p.mask, i, dx, p.keep_scale, r_scaled);
    if (p.rowscale.present()) dx = r_x(dx * T(p.rowscale.data[i / n]));
    result.dx.push_back(given(r.output(x_dtype, dx)));
    if (p.residual.present()) result.dresidual.push_back(given(r.output(p.residual.dtype, ds[i])));
    if (p.x1.present())
      result.dx1.push_back(given(r.output(x_dtype, dropped(p.mask1, i, ds[i], p.keep_scale, r))));

    dweight.add(column, r_dy(T(d.dy.data[i]) * normalised[i]));
    dbias.add(column, T(d.dy.data[i]));
    dlayerscale.add(column, r_layer(ds[i] * sum.branch[i]));
    if (!p.weight1.present()) continue;
    dweight1.add(column, r_dy1(T(d.dy1.data[i]) * normalised[i]));
    dbias1.add(column, T(d.dy1.data[i]));
  }
  result.dweight = dweight.result();
  result.dbias = dbias.result();
  result.dweight1 = dweight1.result();
  result.dbias1 = dbias1.result();
  result.dlayerscale = dlayerscale.result();
  return result;
}

}  // namespace

NormInputGradients norm_bwd(const NormProblem& p, const NormOutputGradients& d,
                            Precision precision) {
  return evaluate(precision,
                  [&](auto number) { return norm_bwd_in<decltype(number)>(p, d, precision); });
}

}  // namespace tegula::reference
