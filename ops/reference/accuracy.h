// The rule by which an op's output is judged (docs: numbers). With the same inputs,
//
//   max|x - ref64| <= factor * max|plain - ref64| + one ulp of the output dtype at max|ref64|
//
// where ref64 is computed in double and `plain` is the op written with one operation at a time, the
// result of each rounded to the input dtype, reductions accumulated in fp32.
#pragma once

#include <span>

#include "tegula/dtype.h"

namespace tegula::reference {

struct Accuracy {
  double max_error = 0;    ///< max|x - ref64|; infinity if a NaN or an infinity is not as wanted
  double plain_error = 0;  ///< max|plain - ref64|
  double bound = 0;        ///< the rule's right side
  double ratio = 0;        ///< max_error / bound
  bool passed = true;      ///< ratio <= 1
};

/// All three hold as many elements, in the same order; `output` is the dtype of x. Where ref64 is
/// NaN, x must be NaN; where it is infinite, or beyond the dtype's range, x may be that infinity.
/// An element at which plain alone is not finite (its squares overflow f16 early) says nothing
/// about x and is left out of plain_error. `factor` is 2, for gradients 3. Masks (i1) hold 0 and 1
/// and must be equal; pass the mask for both ref64 and plain.
Accuracy compare(std::span<const double> x, std::span<const double> ref64,
                 std::span<const double> plain, DType output, double factor = 2);

}  // namespace tegula::reference
