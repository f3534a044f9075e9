// The workspaces of one launch.
#pragma once

#include <span>
#include <vector>

#include "runtime/format/launch_record.h"
#include "tegula/device.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

/// Allocates the workspaces that the record asks for; they live as long as this object.
class Workspaces {
 public:
  /// `arguments`: the caller's. Throws Error{invalid_argument} for an extent that is negative or
  /// 2^31 or more, Error{out_of_resources} if the device has no room; both name the workspace.
  Workspaces(Stream& stream, const format::LaunchRecord& record,
             std::span<const KernelArgument> arguments);

  /// The caller's arguments, then the workspaces.
  std::span<const KernelArgument> arguments() const { return all_.empty() ? given_ : all_; }

 private:
  std::span<const KernelArgument> given_;
  std::vector<Tensor> tensors_;
  std::vector<KernelArgument> all_;  ///< empty if there is no workspace
};

}  // namespace tegula::runtime
