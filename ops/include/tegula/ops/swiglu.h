// The gated linear unit with SiLU, and its gradients.
#pragma once

#include <optional>

#include "tegula/device.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

struct SwigluOptions {
  std::optional<DType> out_dtype = {};   ///< of y; that of `out` if given, else that of a
  TensorRef out = {};                    ///< destination of y, shape of a; may be a or b itself
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration; bn may be below N
};

/// y = a * sigmoid(a) * b (Shazeer, arXiv:2002.05202; FlashAttention's swiglu(a, b)).
///
/// a and b: one shape (..., N), f32, f16 or bf16 each on its own, last stride 1, leading dimensions
/// evenly spaced. Halves of one (..., 2 N) tensor are such. Arithmetic is f32. a of -Inf gives NaN
/// (-Inf * 0), NaN propagates. No elements: succeeds, launches nothing. The destination may be a or
/// b, element on element, and overlaps neither otherwise.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, overlap, config.
Tensor swiglu(Stream& stream, const TensorRef& a, const TensorRef& b,
              const SwigluOptions& options = {});

struct SwigluBwdOptions {
  TensorRef da = {}, db = {};  ///< destinations, shape of a; da may be a itself, db may be b itself
  std::optional<RowConfig> config = {};
};

struct SwigluGrads {
  Tensor da, db;  ///< shapes and dtypes of a and b unless given
};

/// With s = sigmoid(a): da = dy * b * s * (1 + a * (1 - s)), db = dy * a * s. dy: shape of a, f32,
/// f16 or bf16. Everything else as swiglu.
SwigluGrads swiglu_bwd(Stream& stream, const TensorRef& dy, const TensorRef& a, const TensorRef& b,
                       const SwigluBwdOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
