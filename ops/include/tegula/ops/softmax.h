// Softmax and its logarithm over the last dimension, and their gradients.
#pragma once

#include <optional>

#include "tegula/device.h"
#include "tegula/ops/row_config.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula::ops {

struct SoftmaxOptions {
  std::optional<DType> out_dtype = {};   ///< of the result; that of `out` if given, else see the op
  TensorRef out = {};                    ///< destination, shape of the result
  std::optional<RowConfig> config = {};  ///< pins the kernel's configuration
};

/// y = exp(x - m) / sum(exp(x - m)) over the last dimension, m the largest of the row.
///
/// x: (..., N), f32, f16 or bf16. The last stride is 1 and the leading dimensions are evenly spaced
/// (rows of a slice are). Arithmetic is f32; y has the dtype of x unless told. A row is read once
/// up to max_columns_in_one_tile, twice beyond.
///
/// A row that holds a NaN or +Inf, or -Inf alone, gives NaN throughout (as in PyTorch); -Inf beside
/// finite numbers gives 0. No rows or N = 0: succeeds, launches nothing. The destination may not
/// overlap x.
///
/// Throws Error{invalid_argument} before anything is launched, naming the argument: shape, dtype,
/// stride, device, null pointer, overlap, config.
Tensor softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options = {});

/// dx = y * (dy - sum(dy * y)), where y is softmax's result. dy and y: (..., N), of one shape, as x
/// above; dx has the dtype of y unless told. NaN and Inf propagate within their row.
Tensor softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                   const SoftmaxOptions& options = {});

/// y = x - m - log(sum(exp(x - m))). As softmax; -Inf beside finite numbers gives -Inf.
Tensor log_softmax(Stream& stream, const TensorRef& x, const SoftmaxOptions& options = {});

/// dx = dy - exp(y) * sum(dy), where y is log_softmax's result. As softmax_bwd.
Tensor log_softmax_bwd(Stream& stream, const TensorRef& dy, const TensorRef& y,
                       const SoftmaxOptions& options = {});

}  // namespace tegula::ops
#pragma GCC visibility pop
