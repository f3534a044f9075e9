#include "ops/reference/norm.h"
#include "ops/reference/norm_sum.h"

namespace tegula::reference {
namespace {

/// Sums over the rows of what each row adds to its (n,).
class ColumnSums {
 public:
  ColumnSums(const Values& of, const Rounding& r)
      : dtype_(of.dtype), r_(r), sums_(of.data.size(), 0.0) {}
  void add(std::size_t column, double value) {
    if (!sums_.empty()) sums_[column] = r_.add(sums_[column], value);
  }
  std::vector<double> result() const {
    std::vector<double> rounded;
    for (const double sum : sums_) rounded.push_back(r_.output(dtype_, sum));
    return rounded;
  }

 private:
  DType dtype_;
  Rounding r_;
  std::vector<double> sums_;
};

/// The gradient of the normalised rows, weight * dy + weight1 * dy1, and its dtype.
struct Incoming {
  std::vector<double> g;
  DType dtype;
};

Incoming incoming(const NormProblem& p, const NormOutputGradients& d, Precision precision) {
  const auto n = static_cast<std::size_t>(p.n);
  Incoming result{d.dy.data, wider(d.dy.dtype, p.weight)};
  const std::vector<double> w = norm_weight(p.weight, p, precision);
  const Rounding r(precision, result.dtype);
  for (std::size_t i = 0; i < result.g.size(); ++i) result.g[i] = r(result.g[i] * w[i % n]);
  if (!p.weight1.present()) return result;

  const std::vector<double> w1 = norm_weight(p.weight1, p, precision);
  const DType dtype1 = wider(d.dy1.dtype, p.weight1);
  result.dtype = wider(result.dtype, dtype1);
  const Rounding r1(precision, dtype1), r_both(precision, result.dtype);
  for (std::size_t i = 0; i < result.g.size(); ++i)
    result.g[i] = r_both(result.g[i] + r1(d.dy1.data[i] * w1[i % n]));
  return result;
}

/// The row's gradient, without dresidual_out: rstd * (g - h * mean(g * h) - mean(g)).
void add_row_gradient(std::vector<double>& ds, const double* h, const double* g, double rstd,
                      const NormProblem& p, const Rounding& r) {
  double projection = 0, mean = 0;
  for (std::int64_t j = 0; j < p.n; ++j) {
    projection = r.add(projection, r(g[j] * h[j]));
    if (!p.is_rms_norm) mean = r.add(mean, g[j]);
  }
  const auto n = static_cast<double>(p.n);
  projection = r(projection / n);
  mean = r(mean / n);
  for (std::int64_t j = 0; j < p.n; ++j) {
    double value = r(g[j] - r(h[j] * projection));
    if (!p.is_rms_norm) value = r(value - mean);
    ds.push_back(r(rstd * value));
  }
}

/// All rows normalised, and their gradients with dresidual_out.
struct RowGradients {
  std::vector<double> normalised, ds;
  DType dtype;  ///< of ds in plain
};

RowGradients row_gradients(const NormProblem& p, const NormOutputGradients& d, const NormSum& sum,
                           Precision precision) {
  const Incoming in = incoming(p, d, precision);
  RowGradients result{{}, {}, wider(in.dtype, sum.dtype)};
  const Rounding r_s(precision, sum.dtype), r(precision, result.dtype);
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const double* s = sum.s.data() + row * p.n;
    const auto at = static_cast<std::size_t>(row);
    RowStatistics statistics;
    if (d.saved) {
      statistics.rstd = r_s(d.saved->rstd[at]);
      if (!p.is_rms_norm) statistics.mean = r_s(d.saved->mean[at]);
    } else {
      statistics = row_statistics(s, p, r_s);
    }
    for (std::int64_t j = 0; j < p.n; ++j) {
      const double stored =
          d.saved ? d.saved->s[at * static_cast<std::size_t>(p.n) + static_cast<std::size_t>(j)]
                  : r_s.output(p.sum_dtype(), s[j]);
      // One element is its own mean, whatever rounding has made of the two.
      const double deviation = p.n == 1 ? 0 : r_s(stored - statistics.mean);
      const double centred = p.is_rms_norm ? stored : deviation;
      result.normalised.push_back(r_s(centred * statistics.rstd));
    }
    add_row_gradient(result.ds, result.normalised.data() + row * p.n, in.g.data() + row * p.n,
                     statistics.rstd, p, r);
  }
  if (!d.dresidual_out.present()) return result;

  result.dtype = wider(result.dtype, d.dresidual_out);
  const Rounding r_sum(precision, result.dtype);
  for (std::size_t i = 0; i < result.ds.size(); ++i)
    result.ds[i] = r_sum(result.ds[i] + d.dresidual_out.data[i]);
  return result;
}

}  // namespace

NormInputGradients norm_bwd(const NormProblem& p, const NormOutputGradients& d,
                            Precision precision) {
  const NormSum sum = norm_sum(p, precision);
  const auto& [normalised, ds, dtype] = row_gradients(p, d, sum, precision);
  const auto n = static_cast<std::size_t>(p.n);

  const Rounding r(precision, dtype), r_scaled(precision, wider(dtype, p.layerscale));
  const Rounding r_x(precision, wider(wider(dtype, p.layerscale), p.rowscale));
  const Rounding r_dy(precision, wider(d.dy.dtype, sum.dtype));
  const Rounding r_dy1(precision, wider(d.dy1.dtype, sum.dtype));
  const Rounding r_layer(precision, wider(dtype, sum.branch_dtype));
  const DType x_dtype = d.x_dtype.value_or(p.x.dtype);
  ColumnSums dweight(p.weight, r), dbias(p.bias, r), dweight1(p.weight1, r), dbias1(p.bias1, r);
  ColumnSums dlayerscale(p.layerscale, r);
  NormInputGradients result;
  for (std::size_t i = 0; i < ds.size(); ++i) {
    const std::size_t column = i % n;
    double dx = ds[i];
    if (p.layerscale.present()) dx = r_scaled(dx * p.layerscale.data[column]);
    dx = dropped(p.mask, i, dx, p.keep_scale, r_scaled);
    if (p.rowscale.present()) dx = r_x(dx * p.rowscale.data[i / n]);
    result.dx.push_back(r.output(x_dtype, dx));
    if (p.residual.present()) result.dresidual.push_back(r.output(p.residual.dtype, ds[i]));
    if (p.x1.present())
      result.dx1.push_back(r.output(x_dtype, dropped(p.mask1, i, ds[i], p.keep_scale, r)));

    dweight.add(column, r_dy(d.dy.data[i] * normalised[i]));
    dbias.add(column, d.dy.data[i]);
    dlayerscale.add(column, r_layer(ds[i] * sum.branch[i]));
    if (!p.weight1.present()) continue;
    dweight1.add(column, r_dy1(d.dy1.data[i] * normalised[i]));
    dbias1.add(column, d.dy1.data[i]);
  }
  result.dweight = dweight.result();
  result.dbias = dbias.result();
  result.dweight1 = dweight1.result();
  result.dbias1 = dbias1.result();
  result.dlayerscale = dlayerscale.result();
  return result;
}

}  // namespace tegula::reference
