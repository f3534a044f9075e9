// What the norms' functions take, all of them together: each describes those that it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ops/norm/norm_kernels.h"
#include "tegula/op.h"
#include "tegula/ops/norm.h"

namespace tegula::ops {

/// What only the dropout_add_* functions have, in both directions.
struct NormExtras {
  TensorRef layerscale = {};       ///< (N,): times what dropout left of x
  TensorRef x_subset = {};         ///< i32 (M,): which row of x a row has, from 1; 0: none
  TensorRef out_subset = {};       ///< i32 (M,): which row of y a row becomes, from 1; 0: none
  std::int64_t out_rows = 0;       ///< of y; with out_subset
  float rowscale_const = 1;        ///< times x
  bool subsets_are_valid = false;  ///< they need not be read back

  bool is_subset() const { return x_subset.present() || out_subset.present(); }
};

/// What tells the functions apart, and how their signatures call what all of them have.
struct NormFunction {
  NormKind kind = NormKind::rms;
  bool gives_masks = false;  ///< where asked, though nothing drops out
  std::string_view x = "x", weight = "weight", bias = "bias", eps = "eps", dx = "dx";
};

struct NormArgs : NormOptions, NormExtras {
  TensorRef x, weight;
  const NormFunction* function = nullptr;  ///< a constant of the op

  NormArgs() = default;
  /// No aggregate: all of it would be zeroed before it is copied into.
  NormArgs(const TensorRef& tensor, const TensorRef& scale, const NormOptions& options)
      : NormOptions(options), x(tensor), weight(scale) {}

  NormKind norm_kind() const { return is_rms_norm ? NormKind::rms : function->kind; }
};

struct NormBwdArgs : NormBwdOptions, NormExtras {
  TensorRef dy, s, rstd, weight;
  TensorRef x0;  ///< the forward's, (rows of x, N): with layerscale or x_subset
  const NormFunction* function = nullptr;

  NormKind norm_kind() const { return is_rms_norm ? NormKind::rms : function->kind; }
};

/// NormGrads, and the gradient of layerscale.
struct NormBwdOut : NormGrads {
  std::optional<Tensor> dlayerscale = {};  ///< (N,), dtype of layerscale
};

bool has_clusters(const Device& device);

/// The fields of NormRowConfig.
std::vector<ConfigFieldInfo> norm_config_fields();
/// Throws Error{invalid_argument} for a config that a caller pins and no kernel takes, where rows
/// of `n` elements are taken one by one or not.
void check_pinned_norm_config(const NormRowConfig& config, const Plan& plan, std::int64_t n,
                              bool single_rows);

}  // namespace tegula::ops
