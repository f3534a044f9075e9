// A launch that its caller keeps for its next call of the same shapes.
#pragma once

#include <cstdint>
#include <span>

#include "dsl/launch/planned_calls.h"
#include "tegula/dsl/kernel_base.h"

namespace tegula::detail {

/// An op that knows that a call of its own differs from the last one in addresses and scalars alone
/// need not put its kernel's arguments together again, nor have them compared.
class KeptLaunch {
 public:
  /// As KernelBase::launch; what it comes to is kept. The kernel must outlive this.
  void launch(Stream& stream, const KernelBase& kernel, const Config& config,
              std::span<KernelArgument> arguments);

  /// Whether launch_again would do what that launch did: it was on this device, and no kernel has
  /// been dropped since.
  bool serves(const Device& device) const;

  /// The same launch with other values for all its arguments: addresses of tensors (alike modulo 16
  /// bytes; 0: absent; the same written tensors share memory with the same others), and bits of
  /// scalars (KernelArgument::bits). Not while a launch of it is under way, as what a log or an
  /// allocator calls may try: the owner sees to that.
  void launch_again(Stream& stream, std::span<const std::uint64_t> values);

 private:
  const KernelBase* kernel_ = nullptr;
  PlannedCall call_;
};

}  // namespace tegula::detail
