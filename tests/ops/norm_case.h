// One call of a norm, forward or with its gradients, against the fp64 reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ops/reference/norm.h"
#include "tegula/ops/norm.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {

enum class NormFunction : std::uint8_t {
  rms,           ///< rms_norm_fn
  layer,         ///< layer_norm_fn
  layer_as_rms,  ///< layer_norm_fn with is_rms_norm
};

/// What is not set is absent, or off.
struct NormCase {
  NormFunction function = NormFunction::rms;
  Dims shape = {3, 77};
  DType x = DType::f32, weight = DType::f32;
  std::optional<DType> bias, residual, x1, weight1, bias1, rowscale, out;
  float dropout_p = 0;
  float eps = 1e-6F;
  bool prenorm = false;
  bool residual_in_fp32 = false;
  bool zero_centered_weight = false;
  bool return_dropout_mask = false;
  ops::RngState rng = {.seed = 0x123456789, .offset = 6};
  std::int64_t row_padding = 0;  ///< elements between the rows of every (..., N), destinations too
  std::int64_t lead = 0;         ///< elements before the first of every tensor: misaligns pointers
  bool destinations = false;     ///< give all outputs that can be given
  std::optional<ops::NormRowConfig> config;

  bool is_rms_norm() const { return function != NormFunction::layer; }
  bool drops() const { return dropout_p > 0; }
  std::int64_t n() const { return shape.back(); }
  std::int64_t rows() const;
  /// That of residual_out and of dresidual, and whether the forward stores it.
  DType sum_dtype() const { return residual.value_or(residual_in_fp32 ? DType::f32 : x); }
  bool stores_sum() const { return residual || x1 || rowscale || drops() || sum_dtype() != x; }
  std::string describe() const;
};

/// The case's inputs on a device, its calls, and the same for the reference.
class NormCall {
 public:
  NormCall(Stream& stream, const NormCase& norm_case);

  ops::NormOut forward() const;
  /// Of what `saved` holds, with the gradients dy, and dy1 and dresidual_out where they apply.
  ops::NormGrads backward(const ops::NormOut& saved) const;

  reference::NormProblem problem() const;

  /// Expect every output within the rule and of the right dtype, absent where it should be, and the
  /// surroundings of destinations left alone.
  void expect_forward(const ops::NormOut& got) const;
  /// Of what the backward was given.
  void expect_gradients(const ops::NormOut& saved, const ops::NormGrads& got) const;
  /// Of the exact inputs, so that what the forward lost counts.
  void expect_true_gradients(const ops::NormGrads& got) const;

  /// Changed by tests that want other calls of the same inputs.
  ops::NormOptions options;
  TensorRef weight_ref() const { return weight_.ref(); }

 private:
  ops::NormBwdOptions backward_options(const ops::NormOut& saved) const;
  reference::NormOutputGradients output_gradients() const;
  reference::NormSaved saved_values(const ops::NormOut& saved) const;
  void expect_gradients(const reference::NormOutputGradients& d,
                        const ops::NormGrads& got) const;
  PaddedTensor rows_of(std::optional<DType> dtype, std::uint64_t seed) const;
  PaddedTensor columns_of(std::optional<DType> dtype, std::uint64_t seed) const;
  PaddedTensor destination(DType dtype) const;
  PaddedTensor statistics_destination() const;
  TensorRef statistics_ref(const PaddedTensor& tensor) const;
  void make_destinations();

  Stream& stream_;
  NormCase c_;
  PaddedTensor x_, weight_, bias_, residual_, x1_, weight1_, bias1_, rowscale_;
  PaddedTensor dy_, dy1_, dresidual_out_;
  PaddedTensor out_, residual_out_, rstd_, mean_, dx_, dresidual_, dx1_;
};

/// Runs the case, forward and backward; the second judges gradients at the exact inputs, too.
void expect_accurate_gradients(Stream& stream, const NormCase& norm_case);
void expect_true_gradients(Stream& stream, const NormCase& norm_case);

}  // namespace tegula::testing
