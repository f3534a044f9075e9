#include "ops/common/leading.h"

namespace tegula::ops {

Dims leading(const Dims& shape) {
  return Dims(std::span<const std::int64_t>(shape.begin(), shape.size() - 1));
}

}  // namespace tegula::ops
