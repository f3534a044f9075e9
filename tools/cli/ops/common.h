// What the ops' entries share.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/reference/dropout.h"
#include "ops/reference/rounding.h"
#include "tegula/ops/rng.h"
#include "tegula/ops/row_config.h"
#include "tools/cli/ops/op.h"

namespace tegula::cli {

/// An input as the references take it; without values if it was not given.
reference::Values values_of(const OpCall& call, std::string_view name);

/// The extents of a tensor (..., N) as a matrix.
struct MatrixShape {
  std::int64_t rows = 0, n = 0;
};
MatrixShape matrix_shape(const Dims& shape);

/// The parameter out_dtype; nothing if it was not given.
std::optional<DType> out_dtype_of(const OpCall& call);
float float_of(const OpCall& call, std::string_view name);
bool flag_of(const OpCall& call, std::string_view name);
std::int64_t integer_of(const OpCall& call, std::string_view name);

/// The parameters seed and offset, and dropout_p with them.
ops::RngState rng_of(const OpCall& call);
reference::DropoutProblem dropout_of(const OpCall& call);

/// A reference at every precision.
template <class Result>
struct Evaluations {
  Result ref64, plain, roundoff;

  /// Of a Result that has several outputs; `factor` is 3 of gradients.
  ExpectedOutput of(std::string name, std::vector<double> Result::*member, double factor) const {
    return {std::move(name), ref64.*member, plain.*member, factor, roundoff.*member};
  }
};
template <class F>
auto evaluations(const F& at) {
  using reference::Precision;
  return Evaluations<decltype(at(Precision::fp64))>{at(Precision::fp64), at(Precision::plain),
                                                    at(Precision::roundoff)};
}

/// Of a reference that gives one output.
template <class F>
ExpectedOutput expected_output(std::string name, double factor, const F& at) {
  auto [ref64, plain, roundoff] = evaluations(at);
  return {std::move(name), std::move(ref64), std::move(plain), factor, std::move(roundoff)};
}
ExpectedOutput expected_mask(std::string name, std::vector<double> mask);

/// The values of one of `outputs`, on the host; none if it is not there.
std::vector<double> values_of(const std::vector<Output>& outputs, std::string_view name);

/// --config over what `choose` gives for `matrix`; nothing without --config.
std::optional<ops::RowConfig> row_config_of(const OpCall& call, const MatrixShape& matrix,
                                            ops::RowConfig (*choose)(std::int64_t, std::int64_t));
std::optional<ops::RowConfig> row_config_of(const OpCall& call, std::string_view matrix,
                                            ops::RowConfig (*choose)(std::int64_t, std::int64_t));
/// A config field's value; one that no op takes where it does not fit an int.
int field_value(const std::string& name, std::int64_t value);

}  // namespace tegula::cli
