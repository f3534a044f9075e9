// What a launch asks of its arguments before anything is packed.
#pragma once

#include <span>

#include "runtime/format/launch_record.h"
#include "tegula/device.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

/// Checks that `arguments` are what `record` declares: their number, kind, presence, dtype, rank,
/// sizes, device, alignment to an element, and the extents that the kernel requires. Throws
/// Error{invalid_argument} naming kernel, argument, got and wanted.
void check_arguments(const format::LaunchRecord& record, std::span<const KernelArgument> arguments,
                     const Device& device);

/// Checks the required extents alone, from the shapes of the tensors among `arguments`.
void check_requirements(const format::LaunchRecord& record,
                        std::span<const KernelArgument> arguments, int multiprocessors);

/// The extents of a call's tensors, as the launch record's formulas ask for them.
class Extents {
 public:
  explicit Extents(std::span<const KernelArgument> arguments) : arguments_(arguments) {}
  /// Throws InternalError for an argument or a dimension that is not there.
  std::int64_t operator()(std::uint32_t argument, std::uint32_t dimension) const;

 private:
  std::span<const KernelArgument> arguments_;
};

}  // namespace tegula::runtime
