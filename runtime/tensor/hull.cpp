#include "runtime/tensor/hull.h"

#include <algorithm>
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
  for (const std::int64_t extent : tensor.shape)
    if (extent <= 0 && element_count(tensor.shape) == 0) return {data, data};
  std::int64_t low = 0, high = 1;  // elements from `data`, then bytes
  bool overflows = false;
  for (std::size_t d = 0; d < tensor.rank(); ++d) {
    std::int64_t reach = 0;
    overflows |= __builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d], &reach);
    overflows |= __builtin_add_overflow(low, std::min<std::int64_t>(reach, 0), &low);
    overflows |= __builtin_add_overflow(high, std::max<std::int64_t>(reach, 0), &high);
  }
  const std::int64_t size = dtype_bytes(tensor.dtype);
  overflows |= __builtin_mul_overflow(low, size, &low);
  overflows |= __builtin_mul_overflow(high, size, &high);
  Hull result;
  if (overflows || __builtin_add_overflow(data, low, &result.begin) ||
      __builtin_add_overflow(data, high, &result.end))
    overflow(tensor, argument);
  return result;
}

}  // namespace tegula::runtime
