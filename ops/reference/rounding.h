// What the references share: inputs as doubles, and how results are rounded.
#pragma once

#include <cstdint>
#include <vector>

#include "tegula/dtype.h"

namespace tegula::reference {

/// A tensor's values as its dtype holds them. No values: the tensor is absent.
struct Values {
  DType dtype = DType::f32;
  std::vector<double> data;
  bool present() const { return !data.empty(); }
};

/// Of two dtypes the one that an operation on both gives: f32 unless they are one.
DType wider(DType a, DType b);

/// fp64: nothing is rounded to any dtype. plain: every operation's result is rounded to its
/// operands' dtype, reductions are accumulated in fp32, outputs are rounded to their dtype.
enum class Precision : std::uint8_t { fp64, plain };

class Rounding {
 public:
  /// `dtype`: that of the operands.
  Rounding(Precision precision, DType dtype)
      : plain_(precision == Precision::plain), dtype_(dtype) {}
  /// The result of an operation.
  double operator()(double value) const;
  /// `sum` and one more value.
  double add(double sum, double value) const;
  /// A result as an output of that dtype.
  double output(DType dtype, double value) const;

 private:
  bool plain_;
  DType dtype_;
};

/// The largest of `count` values; NaN if any is.
double largest(const double* values, std::int64_t count);

}  // namespace tegula::reference
