#include "runtime/launch/launch.h"

#include "runtime/launch/launch_plan.h"

namespace tegula::runtime {

void launch(Stream& stream, const ReadyKernel& kernel, std::span<const KernelArgument> arguments) {
  LaunchPlan plan;
  plan.make({std::shared_ptr<const void>(), &kernel}, arguments, *stream.device());
  plan.launch(stream, arguments);
}

}  // namespace tegula::runtime
