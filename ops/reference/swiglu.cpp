#include "ops/reference/swiglu.h"

#include <cmath>

namespace tegula::reference {
namespace {

double sigmoid(const Rounding& r, double a) { return r(1 / r(1 + r(std::exp(-a)))); }

}  // namespace

std::vector<double> swiglu(const Values& a, const Values& b, DType out_dtype, Precision precision) {
  const Rounding r_a(precision, a.dtype), r(precision, wider(a.dtype, b.dtype));
  std::vector<double> y;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const double silu = r_a(a.data[i] * sigmoid(r_a, a.data[i]));
    y.push_back(r.output(out_dtype, r(silu * b.data[i])));
  }
  return y;
}

SwigluGradients swiglu_bwd(const Values& dy, const Values& a, const Values& b, DType da_dtype,
                           DType db_dtype, Precision precision) {
  const Rounding r_a(precision, a.dtype);
  const Rounding r(precision, wider(wider(a.dtype, b.dtype), dy.dtype));
  SwigluGradients result;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const double g = dy.data[i], gate = a.data[i], value = b.data[i];
    const double s = sigmoid(r_a, gate);
    const double slope = r_a(s * r_a(1 + r_a(gate * r_a(1 - s))));
    result.da.push_back(r.output(da_dtype, r(r(g * value) * slope)));
    result.db.push_back(r.output(db_dtype, r(g * r_a(gate * s))));
  }
  return result;
}

}  // namespace tegula::reference
