// One call of a dropout_add_* function with its gradients, against the fp64 reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ops/reference/norm_subset.h"
#include "tegula/ops/dropout_add_norm.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {

/// What is not set is absent, or off.
struct DropoutAddNormCase {
  enum class Form : std::uint8_t { plain, subset, parallel };
  Form form = Form::plain;
  bool is_rms_norm = true;
  std::int64_t rows = 6, n = 77;  ///< of what is normalised
  DType x0 = DType::f32, weight = DType::f32;
  std::optional<DType> residual;
  bool bias = false, layerscale = false, rowscale = false;
  bool x1 = false, weight1 = false;  ///< of the parallel form
  std::vector<std::int32_t> x0_subset, out_subset;
  float rowscale_const = 1;
  float dropout_p = 0;
  bool prenorm = false, residual_in_fp32 = false;
  ops::RngState rng = {.seed = 0x123456789, .offset = 6};
  std::optional<ops::RowConfig> config;

  std::int64_t x0_rows() const;
  std::int64_t y_rows() const;
  DType sum_dtype() const { return residual.value_or(residual_in_fp32 ? DType::f32 : x0); }
  std::string describe() const;
};

/// Runs the case forward and backward and expects every output within the rule.
void expect_accurate(Stream& stream, const DropoutAddNormCase& norm_case);

}  // namespace tegula::testing
