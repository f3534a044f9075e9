#include "ops/common/overlap.h"

#include "runtime/tensor/hull.h"

namespace tegula::ops {
namespace {

/// Bytes from one row to the next; 0 where there is a single row. No overflow here and below:
/// hull() refused tensors with elements whose rows reach beyond 64 bits.
std::int64_t pitch(const TensorRef& tensor) {
  return tensor.rank() == 2 && tensor.shape[0] > 1 ? tensor.strides[0] * dtype_bytes(tensor.dtype)
                                                   : 0;
}

/// Whether the rows of a matrix are without gaps, as the comparison of pitches takes them to be.
bool has_dense_rows(const TensorRef& tensor) {
  return tensor.rank() != 2 || tensor.shape[1] <= 1 || tensor.strides[1] == 1;
}

std::uintptr_t row_bytes(const TensorRef& tensor) {
  return static_cast<std::uintptr_t>(tensor.shape.back() * dtype_bytes(tensor.dtype));
}

}  // namespace

bool overlaps(const TensorRef& a, const TensorRef& b, std::string_view argument) {
  const runtime::Hull first = runtime::hull(a, argument), second = runtime::hull(b, argument);
  if (!first.overlaps(second)) return false;
  if (pitch(a) <= 0 || pitch(a) != pitch(b)) return true;
  if (!has_dense_rows(a) || !has_dense_rows(b)) return true;
  // Modulo the pitch, a's rows are all [0, width of a) and b's all begin at `offset`.
  const auto period = static_cast<std::uintptr_t>(pitch(a));
  const std::uintptr_t offset = second.begin >= first.begin
                                    ? (second.begin - first.begin) % period
                                    : (period - (first.begin - second.begin) % period) % period;
  return offset < row_bytes(a) || offset + row_bytes(b) > period;
}

}  // namespace tegula::ops
