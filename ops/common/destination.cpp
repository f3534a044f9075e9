#include "ops/common/destination.h"

namespace tegula::ops {

Tensor destination(Stream& stream, const TensorRef& given, DType dtype, const Dims& shape) {
  return given.present() ? Tensor::alias(stream, given) : stream.empty(dtype, shape);
}

Dims leading(const Dims& shape) {
  return Dims(std::span<const std::int64_t>(shape.begin(), shape.size() - 1));
}

}  // namespace tegula::ops
