#include "runtime/tensor_hull.h"

#include <string_view>

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::runtime {
namespace {

[[noreturn]] void overflow(const TensorRef& tensor, std::string_view argument) {
  throw Error(ErrorCode::invalid_argument,
              {.argument = std::string(argument),
               .problem = "the tensor reaches beyond the address space",
               .got = fmt::format("shape {}, strides {}", to_string(tensor.shape),
                                  to_string(tensor.strides)),
               .wanted = "offsets that fit 64 bits"});
}

}  // namespace

Hull hull(const TensorRef& tensor, std::string_view argument) {
  const auto data = reinterpret_cast<std::uintptr_t>(tensor.data);
  if (element_count(tensor.shape) == 0) return {data, data};
  const std::int64_t size = dtype_bytes(tensor.dtype);
  std::int64_t low = 0, high = size;  // byte offsets from `data`
  for (std::size_t d = 0; d < tensor.rank(); ++d) {
    std::int64_t reach = 0;
    std::int64_t& side = tensor.strides[d] < 0 ? low : high;
    if (__builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d], &reach) ||
        __builtin_mul_overflow(reach, size, &reach) || __builtin_add_overflow(side, reach, &side))
      overflow(tensor, argument);
  }
  Hull result;
  if (__builtin_add_overflow(data, low, &result.begin) ||
      __builtin_add_overflow(data, high, &result.end))
    overflow(tensor, argument);
  return result;
}

}  // namespace tegula::runtime
