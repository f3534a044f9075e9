// The norms' kernels: what they take, and their launches.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ops/common/dropout_mask.h"
#include "tegula/ops/norm.h"
#include "tegula/plan.h"

namespace tegula::ops {

/// NormRowConfig, and what specialises a norm's kernel beside its tensors.
struct NormConfig {
  int rows = 1;
  int bn = 4096;
  int warps = 4;
  int cluster = 1;             ///< blocks that share the columns of their rows
  bool dropout = false;        ///< x (and x1) drop out
  bool zero_centered = false;  ///< weights are 1 + weight
};

/// Throws Error{invalid_argument} naming `prefix` and the field: not a configuration for rows of
/// `n` elements.
void check_norm_config(std::string_view where, std::string_view prefix, const NormConfig& config,
                       std::int64_t n);

enum class NormKind : std::uint8_t { rms, layer };

// Launches, as parts of a plan; `names` say what an op calls the kernels' parameters otherwise.
// Tensors are matrices (M, N) with last stride 1, vectors (N,), and one value a row (M,); with maps
// of rows x and y have rows of their own. Scalars are dropout_scalars(), and eps.

void launch_norm_fwd(Plan& plan, NormKind kind, const NormConfig& config,
                     std::span<const Plan::Binding> names);

/// `s` (M, N) is what the forward normalised, as stored; `x` the forward's, for the gradient of
/// layerscale; mean_gh and mean_g, f32 (M,), the means over each row of g * h and of g, present
/// where a block takes parts of rows; dweight_parts and so on, f32 (blocks, N), what each block of
/// rows adds to the gradients of the vectors.
void launch_norm_bwd(Plan& plan, NormKind kind, const NormConfig& config,
                     std::span<const Plan::Binding> names);

/// mean_gh and mean_g of every row.
void launch_norm_bwd_rows(Plan& plan, NormKind kind, const NormConfig& config,
                          std::span<const Plan::Binding> names);

/// dweight and so on from dweight_parts and so on, those that there are.
void launch_column_sums(Plan& plan, std::span<const Plan::Binding> names);

}  // namespace tegula::ops
