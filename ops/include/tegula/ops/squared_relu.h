// The square of the rectified linear unit, and its gradient.
#pragma once

#include <optional>

#include "tegula/device.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

struct SquaredReluOptions {
  std::optional<DType> out_dtype = {};   ///< of the result; that of `out` if given, else that of x
  TensorRef out = {};                    ///< destination, shape of x; may be x (dx: dy) itself
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration; bn may be below N
};

/// y = max(x, 0)^2 (So et al., Primer, arXiv:2109.08668).
///
/// x: (..., N), f32, f16 or bf16, last stride 1, leading dimensions evenly spaced. Arithmetic is
/// f32; NaN propagates. No elements: succeeds, launches nothing. Throws Error{invalid_argument}
/// before anything is launched, naming the argument: shape, dtype, stride, device, null pointer,
/// overlap, config.
Tensor squared_relu(Stream& stream, const TensorRef& x, const SquaredReluOptions& options = {});

/// dx = 2 * max(x, 0) * dy, in the dtype of x. dy: shape of x, f32, f16 or bf16. Everything else as
/// squared_relu.
Tensor squared_relu_bwd(Stream& stream, const TensorRef& dy, const TensorRef& x,
                        const SquaredReluOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
