// A launch that its caller keeps for its next call with the same shapes.
#pragma once

#include <cstdint>
#include <span>

#include "dsl/launch/planned_calls.h"
#include "tegula/dsl/kernel_base.h"

namespace tegula::detail {

/// An op that knows that its call differs from an earlier one only in addresses and scalars need
/// neither assemble its kernel's arguments again nor have them compared.
class KeptLaunch {
 public:
  /// As KernelBase::launch, and keeps the plan. The kernel must outlive this object.
  void launch(Stream& stream, const KernelBase& kernel, const Config& config,
              std::span<KernelArgument> arguments);

  /// Whether launch_again would repeat that launch: it was on this device, and no kernel has been
  /// dropped since.
  bool serves(const Device& device) const;

  /// The same launch with other values for some arguments: addresses of tensors (equal modulo 16
  /// bytes; the same tensors must overlap), and bits of scalars (KernelArgument::bits).
  /// Not reentrant: the owner must prevent calls from a log sink or an allocator during a launch.
  void launch_again(Stream& stream, std::span<const runtime::LaunchPlan::Value> values);

 private:
  const KernelBase* kernel_ = nullptr;
  PlannedCall call_;
};

}  // namespace tegula::detail
