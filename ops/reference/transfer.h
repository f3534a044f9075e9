// Tensors on a device as doubles on the host, for checks.
#pragma once

#include <vector>

#include "tegula/tensor.h"

namespace tegula::reference {

/// The elements of a contiguous tensor, as decode() gives them; waits until they are there.
std::vector<double> download(const Tensor& tensor);

}  // namespace tegula::reference
