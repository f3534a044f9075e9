// The square of the rectified linear unit, and its gradient, on the host.
#include "tegula/reference.h"

namespace tegula::reference {
namespace {

/// NaN stays.
template <class T>
T positive(const T& x) {
  return value_of(x) < 0 ? T(0) : x;
}

}  // namespace

Outputs squared_relu(const Call& call, Precision precision) {
  const auto formula = [](const auto& r, const auto& v) {
    const auto x = positive(v[0]);
    return r(x * x);
  };
  return {{"y", elementwise(call, "y", precision, {"x"}, formula)}};
}

Outputs squared_relu_bwd(const Call& call, Precision precision) {
  const auto formula = [](const auto& r, const auto& v) { return r(r(2 * positive(v[0])) * v[1]); };
  return {{"dx", elementwise(call, "dx", precision, {"x", "dy"}, formula)}};
}

}  // namespace tegula::reference
