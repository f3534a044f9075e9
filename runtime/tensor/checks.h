// What every kernel and every op requires of a tensor, whatever it computes.
#pragma once

#include <string>
#include <string_view>

#include "tegula/device_interface.h"
#include "tegula/tensor.h"

namespace tegula::runtime {

/// Checks that the tensor has one stride for each dimension, is on `device`, and has memory that
/// begins at a multiple of the element's size. Throws Error{invalid_argument} whose `where` is
/// `caller`, naming `argument`.
void check_memory(std::string_view caller, std::string_view argument, const TensorRef& tensor,
                  const Device& device);

/// "64x4096:bf16"
std::string describe(const TensorRef& tensor);

}  // namespace tegula::runtime
