// Rotary position embedding on the host.
#pragma once

#include "tegula/reference/rounding.h"

namespace tegula::reference {

struct RotaryProblem {
  std::int64_t b = 0, s = 0, h = 0, d = 0;  ///< x: (b, s, h, d)
  std::int64_t t = 0, pairs = 0;            ///< cos and sin: (t, pairs)
  Values x, cos, sin;
  bool interleaved = false, inverse = false;
  std::vector<std::int64_t> offsets;  ///< (b,): the position of an entry's first element
  DType out_dtype = DType::f32;
};

/// (b, s, h, d). Positions outside the tables pass.
std::vector<double> rotary(const RotaryProblem& problem, Precision precision);

}  // namespace tegula::reference
