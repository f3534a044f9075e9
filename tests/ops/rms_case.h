// One call of rms_norm_fn on a simulator against the fp64 reference.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tegula/ops/norm.h"
#include "tegula/simulator.h"

namespace tegula::testing {

struct RmsCase {
  Dims shape = {3, 77};
  DType x = DType::f32, weight = DType::f32;
  std::optional<DType> bias, residual, out;
  std::int64_t row_padding = 0;  ///< elements between the rows of x, residual and destinations
  bool destinations = false;     ///< give out and residual_out, rather than have them allocated
  std::optional<ops::RmsConfig> config;
  std::string describe() const;
};

/// A tensor on the device filled from doubles, its rows `padding` elements apart; what lies between
/// them is NaN.
class PaddedTensor {
 public:
  PaddedTensor() = default;
  PaddedTensor(Stream& stream, DType dtype, const Dims& shape, std::int64_t padding,
               const std::vector<double>& values);
  TensorRef ref() const { return ref_; }
  /// As the dtype holds them, without the padding.
  std::vector<double> values() const;
  /// Whether what lies between the rows is still NaN.
  bool padding_untouched() const;

 private:
  std::vector<double> all() const;
  Tensor storage_;
  TensorRef ref_;
};

/// normal(0, 1), the same for the same seed.
std::vector<double> normal_values(std::int64_t count, std::uint64_t seed);

/// Runs the case and expects every output within the rule, no report, and padding left alone.
void expect_accurate(const std::shared_ptr<SimDevice>& device, const RmsCase& rms_case);

}  // namespace tegula::testing
