#include "runtime/tensor/checks.h"

#include <cstdint>

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::runtime {

void check_memory(std::string_view caller, std::string_view argument, const TensorRef& tensor,
                  const Device& device) {
  const auto invalid = [&](std::string problem, std::string got, std::string wanted,
                           std::string hint = {}) {
    throw Error(ErrorCode::invalid_argument, {.where = std::string(caller),
                                              .argument = std::string(argument),
                                              .problem = std::move(problem),
                                              .got = std::move(got),
                                              .wanted = std::move(wanted),
                                              .hint = std::move(hint)});
  };
  if (tensor.strides.size() != tensor.rank())
    invalid("not one stride for each dimension", fmt::format("{} strides", tensor.strides.size()),
            std::to_string(tensor.rank()));
  if (tensor.device != &device)
    invalid("the tensor lies on another device than the stream", tensor.device->name(),
            device.name(),
            tensor.device->name() == device.name()
                ? "the two are of one name, but opened twice: share one device"
                : "");
  if (tensor.data == nullptr && element_count(tensor.shape) != 0)
    invalid("a null pointer", "null", "memory for " + describe(tensor));
  // Hardware faults on such an access, and a kernel may have been compiled for whole elements.
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
  const auto bytes = static_cast<std::uintptr_t>(dtype_bytes(tensor.dtype));
  if (address % bytes != 0)
    invalid("the pointer is not aligned to an element",
            fmt::format("{:#x}, which is {} modulo {}", address, address % bytes, bytes),
            fmt::format("a multiple of {} bytes", bytes));
}

std::string describe(const TensorRef& tensor) {
  return fmt::format("{}:{}", to_string(tensor.shape), dtype_name(tensor.dtype));
}

}  // namespace tegula::runtime
