#include "runtime/launch/launch.h"

#include "runtime/launch/launch_plan.h"

namespace tegula::runtime {

std::size_t ReadyKernel::bytes() const {
  const format::LaunchRecord& record = entry.launch;
  std::size_t bytes = sizeof(ReadyKernel) + entry.payload.capacity() +
                      record.arguments.capacity() * sizeof(format::ArgumentRecord) +
                      record.parameters.capacity() * sizeof(format::KernelParameter) +
                      record.requirements.capacity() * sizeof(format::RequirementRecord);
  for (const format::RequirementRecord& requirement : record.requirements)
    bytes += requirement.extent.nodes.capacity() * sizeof(format::Expression::Node);
  for (const format::Remark& remark : entry.remarks)
    bytes += sizeof remark + remark.pass.capacity() + remark.location.capacity() +
             remark.text.capacity();
  return bytes + (loaded != nullptr ? loaded->bytes() : 0);
}

void launch(Stream& stream, const ReadyKernel& kernel, std::span<const KernelArgument> arguments) {
  LaunchPlan plan;
  plan.make({std::shared_ptr<const void>(), &kernel}, arguments, *stream.device());
  plan.launch(stream, arguments);
}

namespace {
thread_local LaunchRecorder* innermost = nullptr;
thread_local KeyRecorder* innermost_keys = nullptr;
}  // namespace

LaunchRecorder::LaunchRecorder() : outer_(innermost) { innermost = this; }
LaunchRecorder::~LaunchRecorder() { innermost = outer_; }

bool LaunchRecorder::active() { return innermost != nullptr; }

void LaunchRecorder::record(LaunchTrace trace) {
  if (innermost != nullptr) innermost->launches_.push_back(std::move(trace));
}

KeyRecorder::KeyRecorder() : outer_(innermost_keys) { innermost_keys = this; }
KeyRecorder::~KeyRecorder() { innermost_keys = outer_; }

bool KeyRecorder::active() { return innermost_keys != nullptr; }

void KeyRecorder::record(cache::Key key) {
  if (innermost_keys != nullptr) innermost_keys->keys_.push_back(std::move(key));
}

}  // namespace tegula::runtime
