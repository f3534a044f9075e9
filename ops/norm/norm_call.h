// One call of a norm, whichever of the library's functions it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ops/common/argument_checks.h"
#include "ops/norm/norm_kernels.h"

namespace tegula::ops {

/// What only the dropout_add_* functions have.
struct NormExtras {
  TensorRef layerscale = {};  ///< (N,): times what dropout left of x
  TensorRef x_subset = {};    ///< i32 (M,): which row of x a row has, from 1; 0: none
  TensorRef out_subset = {};  ///< i32 (M,): which row of y a row becomes, from 1; 0: none
  std::int64_t out_rows = 0;  ///< of y; with out_subset
  float rowscale_const = 1;   ///< times x
  bool masks_of_all = false;  ///< give masks, where asked, though nothing drops out
};

struct NormCall {
  std::string_view op;
  NormKind kind = NormKind::rms;
  const TensorRef& x;
  const TensorRef& weight;
  const NormOptions& options;
  const NormExtras& extras;
};

/// As rms_norm_fn and layer_norm_fn.
NormOut norm_forward(Stream& stream, const NormCall& call);

struct NormBwdCall {
  std::string_view op;
  NormKind kind = NormKind::rms;
  const TensorRef& dy;
  const TensorRef& s;
  const TensorRef& rstd;
  const TensorRef& weight;
  const NormBwdOptions& options;
  const NormExtras& extras;
  const TensorRef& x;  ///< the forward's, (rows of x, N): with layerscale or x_subset, else absent
};

/// NormGradients, and the gradient of layerscale.
struct NormBwdOut {
  NormGradients gradients;
  std::optional<Tensor> dlayerscale = {};  ///< (N,), dtype of layerscale
};

/// As rms_norm_fn_bwd and layer_norm_fn_bwd.
NormBwdOut norm_backward(Stream& stream, const NormBwdCall& call);

/// A vector (N,) of floats, unless it is absent.
void check_norm_vector(const ArgumentChecks& checks, const TensorRef& vector, std::string_view name,
                       std::int64_t n, std::string_view reason);
/// The same, and it is not absent.
void check_norm_weight(const ArgumentChecks& checks, const TensorRef& weight, std::int64_t n,
                       std::string_view reason);
/// A tensor of floats of this shape, unless it is absent.
void check_norm_rows(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name,
                     const Dims& shape, std::string_view reason);
/// rowscale has `rows` elements, unless it is absent.
void check_rowscale(const ArgumentChecks& checks, const TensorRef& rowscale, std::int64_t rows);
/// x_subset and out_subset are vectors of i32 of one length; rows that out_subset names are those
/// of y. `rows`: how many there are without x_subset.
void check_subsets(const ArgumentChecks& checks, const NormExtras& extras, std::int64_t rows);

/// What checks.rows, vector or flat make of a tensor; absent if it is.
TensorRef rows_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name);
TensorRef vector_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name);
TensorRef flat_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name);

bool has_clusters(const Device& device);

struct NormConfigRequest {
  const std::optional<NormRowConfig>& pinned;  ///< by the caller; its fields are checked
  std::int64_t n = 0;
  bool single_rows = false;  ///< rows are taken one by one
  bool draws = false, zero_centered = false;
  bool has_clusters = false;
  std::string_view arch;
};

/// How the kernels cut a call: as its caller wants it, else as `chosen` for its sizes.
NormConfig norm_config(const ArgumentChecks& checks, const NormConfigRequest& request,
                       const NormRowConfig& chosen);

}  // namespace tegula::ops
