// From a kernel, a config and arguments to a Program.
#pragma once

#include <span>

#include "dsl/launch/specialise.h"
#include "dsl/program/program.h"
#include "tegula/dsl/kernel_base.h"

namespace tegula::detail {

/// Throws Error{invalid_argument} if the kernel does not have that many parameters.
void check_count(const KernelBase& kernel, std::size_t arguments);

/// The specialisation for these canonical arguments. Runs the kernel's function under a tracer,
/// twice if checked_tracing(). Throws Error{kernel}, and what classify throws.
program::Program trace_kernel(const KernelBase& kernel, const Config& config,
                              std::span<const KernelArgument> arguments);

/// Traces once more, for a launch of a kernel that was compiled from the Program of that content
/// hash. Throws Error{kernel} if the Program is another one now.
void check_unchanged(const KernelBase& kernel, const Config& config,
                     std::span<const KernelArgument> arguments, const format::Hash128& compiled);

}  // namespace tegula::detail

namespace tegula {

/// The implementation's access to private parts of a kernel.
struct KernelAccess {
  static std::span<const std::uint64_t> definition(const KernelBase& kernel) {
    return kernel.definition_;
  }
  static const std::source_location& at(const KernelBase& kernel) { return kernel.at_; }
  static void check(const KernelBase& kernel) { kernel.check_definition(); }
  static void run(const KernelBase& kernel, const Config& config,
                  std::span<const detail::ParameterSlot> slots) {
    kernel.run(config, slots);
  }
};

}  // namespace tegula
