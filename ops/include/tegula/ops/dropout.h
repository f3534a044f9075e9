// Dropout, its gradient, and its mask alone.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/ops/rng.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

struct DropoutOptions {
  float dropout_p = 0;  ///< in [0, 1): the share that is dropped
  /// What is drawn from; must be given where dropout_p > 0, and is not touched otherwise.
  std::optional<RngState> rng = {};
  bool return_mask = false;             ///< of dropout: return which elements were kept
  std::optional<DType> out_dtype = {};  ///< of the result; that of `out` if given, else the input's
  TensorRef out = {};                   ///< destination, shape of x; may be x itself
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration; bn may be below N
};

struct DropoutOut {
  Tensor y;                         ///< shape of x
  std::optional<Tensor> mask = {};  ///< i1, shape of x: true where x was kept; with return_mask
};

/// y = x / (1 - p) where x is kept, else 0 (Srivastava et al., JMLR 15, 2014). Whether an element
/// is kept depends on rng, on its row and on its column, and on nothing else: not on dtypes,
/// strides, device or configuration. With T = floor(65536 (1 - p) + 1/2) it is kept with
/// probability T / 65536 and divided by just that, so the expectation of y is x. docs/rng.md
/// specifies the mask to the bit; the norms of ops/norm.h drop the same elements.
///
/// x: (..., N), f32, f16 or bf16, last stride 1, leading dimensions evenly spaced (rows of a slice
/// are); row r of M is that of x as a matrix (M, N). Arithmetic is f32. A dropped NaN or Inf is 0.
/// dropout_p = 0, and any so small that T = 65536 (up to 2^-17), keeps everything and touches no
/// random state. No elements: succeeds, launches nothing. The destination may be x, element on
/// element, and does not overlap it otherwise.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, dropout_p outside [0, 1) or so near 1 that T = 0 (above 1 -
/// 2^-17), rng missing, overlap, config.
DropoutOut dropout(Stream& stream, const TensorRef& x, const DropoutOptions& options = {});

/// dx = dy / (1 - p) where x was kept, else 0: `rng` is what the forward took. As dropout;
/// return_mask does nothing.
Tensor dropout_bwd(Stream& stream, const TensorRef& dy, const DropoutOptions& options = {});

struct DropoutMaskOptions {
  float dropout_p = 0;               ///< as of DropoutOptions
  std::optional<RngState> rng = {};  ///< as of DropoutOptions
  bool of_x1 = false;  ///< the mask of x1, where an op takes an x1 that drops out on its own
  TensorRef out = {};  ///< destination: i1 (m, n), last stride 1
  std::optional<RowConfig> config = {};
};

/// Which elements an op that is given `rng` keeps of a matrix: i1 (m, n), true where kept.
/// Negative sizes are an Error{invalid_argument}; everything else as dropout.
Tensor dropout_mask(Stream& stream, std::int64_t m, std::int64_t n,
                    const DropoutMaskOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
