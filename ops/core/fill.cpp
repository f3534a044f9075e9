#include "ops/core/fill.h"

#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula {
namespace {

/// The element's bits.
std::uint64_t bits_of(DType dtype, double value) {
  if (value == 0) return 0;
  if (value == value) throw InternalError("a fill with another number than 0 or NaN");
  switch (dtype) {
    case DType::f64:
      return 0x7ff8000000000000;
    case DType::f32:
      return 0x7fc00000;
    case DType::f16:
      return 0x7e00;
    case DType::bf16:
      return 0x7fc0;
    default:
      throw InternalError(fmt::format("a fill of {} with NaN", dtype_name(dtype)));
  }
}

}  // namespace

void fill(const Stream& stream, const TensorRef& tensor, double value) {
  const std::int64_t count = element_count(tensor.shape);
  if (count == 0) return;
  const auto bytes = static_cast<std::size_t>(dtype_bytes(tensor.dtype));
  const std::uint64_t bits = bits_of(tensor.dtype, value);
  std::vector<std::byte> values(static_cast<std::size_t>(count) * bytes);
  for (std::size_t i = 0; i < values.size(); i += bytes) std::memcpy(&values[i], &bits, bytes);
  // Dense in one piece, else element by element, the last dimension fastest.
  if (tensor.strides == contiguous_strides(tensor.shape)) {
    tensor.device->copy_to_device(tensor.data, values.data(), values.size(), stream.native());
    return;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i, offset = 0;
    for (std::size_t d = tensor.rank(); d-- > 0;) {
      offset += rest % tensor.shape[d] * tensor.strides[d];
      rest /= tensor.shape[d];
    }
    tensor.device->copy_to_device(
        static_cast<std::byte*>(tensor.data) + offset * static_cast<std::int64_t>(bytes),
        values.data(), bytes, stream.native());
  }
}

}  // namespace tegula
