// One call of rms_norm_fn against the fp64 reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tegula/ops/norm.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {

struct RmsCase {
  Dims shape = {3, 77};
  DType x = DType::f32, weight = DType::f32;
  std::optional<DType> bias, residual, out;
  std::int64_t row_padding = 0;  ///< elements between the rows of x, residual and destinations
  bool destinations = false;     ///< give out and residual_out, rather than have them allocated
  std::optional<ops::RowConfig> config;
  std::string describe() const;
};

/// Runs the case and expects every output within the rule, and padding left alone.
void expect_accurate(Stream& stream, const RmsCase& rms_case);

}  // namespace tegula::testing
