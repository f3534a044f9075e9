// The rule by which an op's output is judged (docs: numbers). With the same inputs,
//
//   |x - ref64| <= factor * max|plain - ref64| + one ulp of the output dtype at max|ref64|
//
// or, where that is more, <= the element's roundoff: how far one may be that is computed in f32
// throughout and rounded once. ref64 is computed in double, and `plain` is the op written with one
// operation at a time, the result of each rounded to the input dtype, reductions accumulated in
// fp32. Roundings may cancel, in small f32 outputs all of them: plain alone would then refuse what
// nobody computes better.
#pragma once

#include <span>

#include "tegula/dtype.h"

namespace tegula::reference {

struct Accuracy {
  /// |x - ref64| of the element that is furthest beyond its bound, or nearest to it; infinity if a
  /// NaN or an infinity is not as wanted.
  double max_error = 0;
  double plain_error = 0;  ///< max|plain - ref64|
  double bound = 0;        ///< the rule's right side, of that element
  double ratio = 0;        ///< max_error / bound
  bool passed = true;      ///< ratio <= 1
};

/// All three hold as many elements, in the same order; `output` is the dtype of x. Where ref64 is
/// NaN, x must be NaN; where it is infinite, or beyond the dtype's range, x may be that infinity.
/// An element at which plain alone is not finite (its squares overflow f16 early) says nothing
/// about x and is left out of plain_error. `factor` is 2, for gradients 3. Masks, which hold 0
/// and 1, and integers must be equal; pass ref64 for plain, too. `roundoff`, of
/// Precision::roundoff, may be left out: then plain alone decides.
Accuracy compare(std::span<const double> x, std::span<const double> ref64,
                 std::span<const double> plain, DType output, double factor = 2,
                 std::span<const double> roundoff = {});

}  // namespace tegula::reference
