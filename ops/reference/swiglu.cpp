#include "ops/reference/swiglu.h"

#include "tegula/reference.h"

namespace tegula::reference {
namespace {

template <class T>
T sigmoid(const Rounding& r, const T& a) {
  return r(T(1) / r(T(1) + r.exp(-a)));
}

template <class T>
std::vector<double> swiglu_in(const Values& a, const Values& b, DType out_dtype,
                              Precision precision) {
  const Rounding r_a(precision, a.dtype), r(precision, wider(a.dtype, b.dtype));
  std::vector<double> y;
  y.reserve(a.data.size());
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const T gate = a.data[i];
    const T silu = r_a(gate * sigmoid(r_a, gate));
    y.push_back(given(r.output(out_dtype, r(silu * T(b.data[i])))));
  }
  return y;
}

template <class T>
SwigluGradients swiglu_bwd_in(const Values& dy, const Values& a, const Values& b, DType da_dtype,
                              DType db_dtype, Precision precision) {
  const Rounding r_a(precision, a.dtype);
  const Rounding r(precision, wider(wider(a.dtype, b.dtype), dy.dtype));
  SwigluGradients result;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const T g = dy.data[i], gate = a.data[i], value = b.data[i];
    const T s = sigmoid(r_a, gate);
    const T slope = r_a(s * r_a(T(1) + r_a(gate * r_a(T(1) - s))));
    result.da.push_back(given(r.output(da_dtype, r(r(g * value) * slope))));
    result.db.push_back(given(r.output(db_dtype, r(g * r_a(gate * s)))));
  }
  return result;
}

}  // namespace

std::vector<double> swiglu(const Values& a, const Values& b, DType out_dtype, Precision precision) {
  return evaluate(precision, [&](auto number) {
    return swiglu_in<decltype(number)>(a, b, out_dtype, precision);
  });
}

SwigluGradients swiglu_bwd(const Values& dy, const Values& a, const Values& b, DType da_dtype,
                           DType db_dtype, Precision precision) {
  return evaluate(precision, [&](auto number) {
    return swiglu_bwd_in<decltype(number)>(dy, a, b, da_dtype, db_dtype, precision);
  });
}

Outputs swiglu(const Call& call, Precision precision) {
  return {{"y", swiglu(call.values("a"), call.values("b"), call.dtype("y"), precision)}};
}

Outputs swiglu_bwd(const Call& call, Precision precision) {
  SwigluGradients g = swiglu_bwd(call.values("dy"), call.values("a"), call.values("b"),
                                 call.dtype("da"), call.dtype("db"), precision);
  return {{"da", std::move(g.da)}, {"db", std::move(g.db)}};
}

}  // namespace tegula::reference
