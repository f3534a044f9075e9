#include "runtime/launch.h"

#include "runtime/launch_plan.h"

namespace tegula::runtime {

void launch(Stream& stream, const ReadyKernel& kernel, std::span<const KernelArgument> arguments) {
  LaunchPlan plan;
  plan.make(kernel, arguments, *stream.device());
  plan.launch(stream, arguments);
}

namespace {
thread_local LaunchRecorder* innermost = nullptr;
}

LaunchRecorder::LaunchRecorder() : outer_(innermost) { innermost = this; }
LaunchRecorder::~LaunchRecorder() { innermost = outer_; }

bool LaunchRecorder::active() { return innermost != nullptr; }

void LaunchRecorder::record(LaunchTrace trace) {
  if (innermost != nullptr) innermost->launches_.push_back(std::move(trace));
}

}  // namespace tegula::runtime
