// Cross entropy of logits with class labels, and its gradient.
#pragma once

#include <cstdint>
#include <optional>

#include "tegula/device.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

/// The terms are those of FlashAttention's flash_attn/ops/triton/cross_entropy.py.
struct CrossEntropyOptions {
  float label_smoothing = 0;         ///< in [0, 1]: the share of the uniform distribution
  float logit_scale = 1;             ///< > 0; multiplies x
  float lse_square_scale = 0;        ///< finite: lse_square_scale * lse^2 is added ("z-loss")
  std::int64_t ignore_index = -100;  ///< rows with this target have loss 0 and gradient 0
  TensorRef loss = {}, lse = {};     ///< destinations of cross_entropy: f32, the shape of target
  TensorRef out = {};  ///< destination of cross_entropy_bwd, shape of x; may be x itself
  std::optional<DType> out_dtype = {};   ///< of dx; that of `out` if given, else that of x
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration
};

struct CrossEntropyOut {
  Tensor loss, lse;  ///< f32, shape of target
};

/// With z = logit_scale * x, over the last dimension, s = label_smoothing and N classes:
///
///   lse  = log(sum(exp(z)))
///   loss = lse - (1 - s) * z[target] - s * sum(z) / N + lse_square_scale * lse^2
///
/// x: (..., N), f32, f16 or bf16, last stride 1, leading dimensions evenly spaced; target: int64,
/// (...), evenly spaced. Arithmetic is f32; lse is the natural logarithm. x is read once, whatever
/// N. A target outside [0, N) that is not ignore_index gives loss NaN; nothing outside x is read.
///
/// A row of -Inf alone has lse = -Inf and loss NaN; one with a NaN or +Inf has both NaN; a target
/// whose logit is -Inf has loss +Inf. No rows: succeeds, launches nothing. Destinations may overlap
/// neither an input nor each other.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, a term out of range, N = 0 with rows, overlap, config.
CrossEntropyOut cross_entropy(Stream& stream, const TensorRef& x, const TensorRef& target,
                              const CrossEntropyOptions& options = {});

/// dx = dloss * logit_scale * (p * (1 + 2 * lse_square_scale * lse) - s / N - (1 - s) * onehot),
/// where p = exp(z - lse); exactly 0 in ignored rows, NaN in rows whose target is out of range.
///
/// dloss: f32, f16 or bf16, the shape of target, evenly spaced with any stride (0 too); lse: f32,
/// as cross_entropy gave it. dx may take the place of x (out = x), and overlaps nothing else.
/// Options must be those of the forward call. Everything else as above.
Tensor cross_entropy_bwd(Stream& stream, const TensorRef& dloss, const TensorRef& x,
                         const TensorRef& lse, const TensorRef& target,
                         const CrossEntropyOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
