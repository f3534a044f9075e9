// The gated linear unit with SiLU, and its gradients, on the host.
#pragma once

#include "tegula/reference/rounding.h"

namespace tegula::reference {

/// y = a * sigmoid(a) * b, element by element.
std::vector<double> swiglu(const Values& a, const Values& b, DType out_dtype, Precision precision);

struct SwigluGradients {
  std::vector<double> da, db;
};
SwigluGradients swiglu_bwd(const Values& dy, const Values& a, const Values& b, DType da_dtype,
                           DType db_dtype, Precision precision);

}  // namespace tegula::reference
