// CUDA devices.
#pragma once

#include <memory>

#include "tegula/device_interface.h"

namespace tegula::cuda {

/// Device `ordinal` of the driver, in its primary context, which the CUDA runtime and PyTorch use
/// as well: streams and memory may be shared with both. The same number gives the same device,
/// which is kept until the process ends, as its kernels are. Throws Error{environment} if there is
/// no driver or no such device, Error{unsupported} for one older than sm_80.
std::shared_ptr<Device> open(int ordinal);

}  // namespace tegula::cuda
