// A tensor that the host fills with one value, where no kernel has anything to do.
#pragma once

#include "tegula/device.h"
#include "tegula/tensor.h"

namespace tegula {

/// `tensor`: f32, f16 or bf16, whose elements are evenly spaced. Waits for the stream.
void fill(const Stream& stream, const TensorRef& tensor, double value);

}  // namespace tegula
