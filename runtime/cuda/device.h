// CUDA devices.
#pragma once

#include <memory>

#include "tegula/device_interface.h"

namespace tegula::cuda {

/// Device `ordinal` of the driver, in its primary context, which is that of the CUDA runtime and of
/// PyTorch: streams and memory may be exchanged with both. The same device for the same number,
/// kept until the process ends, as its kernels are. Throws Error{environment} if there is no driver
/// or no such device, Error{unsupported} for one older than sm_80.
std::shared_ptr<Device> open(int ordinal);

}  // namespace tegula::cuda
