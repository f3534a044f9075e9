// From a compiled entry to a launch: checking arguments against the launch record, evaluating the
// grid, packing parameters.
#pragma once

#include <span>

#include "runtime/launch/ready_kernel.h"
#include "tegula/device.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

/// Checks `arguments`, in the kernel's order, against the launch record and launches on the
/// stream's device. A grid with a zero extent launches nothing. Throws Error{invalid_argument}
/// naming kernel, argument, got, wanted: a count, a presence, a dtype, a rank, a required extent,
/// another device, an address that is no multiple of the element's size, an extent of 2^31 or more,
/// a grid beyond the hardware's limits (2^31-1, 65535, 65535).
void launch(Stream& stream, const ReadyKernel& kernel, std::span<const KernelArgument> arguments);

}  // namespace tegula::runtime
