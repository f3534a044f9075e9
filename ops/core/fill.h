// A tensor that the host fills with one value, where no kernel has anything to do.
#pragma once

#include "tegula/device.h"
#include "tegula/tensor.h"

namespace tegula {

/// `value`: 0, of any dtype of whole bytes, or NaN, of f64, f32, f16 and bf16; else throws
/// InternalError. Waits for the stream.
void fill(const Stream& stream, const TensorRef& tensor, double value);

}  // namespace tegula
