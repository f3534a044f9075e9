// Events of the fake driver.
#include "tests/runtime/cuda/fake_driver.h"

namespace {

using namespace tegula::cuda;
using namespace tegula::testing;

FakeCuda& state = fake_driver.state;

/// An event that may be asked; null, with `failed` set, if the real driver would object.
FakeCudaEvent* recorded_event(const char* function, CudaEvent event, Result& failed) {
  constexpr int relaxed = 2;
  const auto known_event = state.events.find(event);
  if (known_event == state.events.end()) {
    fake_driver.misuse(function, "no such event");
    failed = invalid_handle;
  } else if (!state.capturing.empty() && fake_thread.capture_mode != relaxed) {
    fake_driver.misuse(function, "a capture is under way, which this call would end");
    failed = capture_unsupported;
  } else if (known_event->second.captured) {
    failed = captured_event;
  } else {
    if (!known_event->second.recorded) fake_driver.misuse(function, "the event was not recorded");
    return &known_event->second;
  }
  return nullptr;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

Result cuStreamWaitEvent(CudaStream stream, CudaEvent event, unsigned) {
  ENTER("cuStreamWaitEvent");
  if (!fake_driver.known(stream) || state.events.count(event) == 0)
    return fake_driver.misuse("cuStreamWaitEvent", "no such stream or event"), invalid_handle;
  state.waits.emplace_back(stream, event);
  return success;
}

Result cuEventCreate(CudaEvent* event, unsigned flags) {
  ENTER("cuEventCreate");
  *event = fake_driver.new_handle<CudaEvent>();
  state.events[*event] = {fake_thread.contexts.back(), (flags & event_without_timing) == 0};
  return success;
}
Result cuEventDestroy_v2(CudaEvent event) {
  const std::lock_guard lock(fake_driver.mutex);
  if (state.events.erase(event) == 0 && !fake_driver.is_earlier(event))
    fake_driver.misuse("cuEventDestroy", "no such event");
  return success;
}
Result cuEventRecord(CudaEvent event, CudaStream stream) {
  ENTER("cuEventRecord");
  const auto at = state.events.find(event);
  if (at == state.events.end() || !fake_driver.known(stream) ||
      at->second.context != fake_thread.contexts.back())
    return fake_driver.misuse("cuEventRecord", "another context's event, or no stream"),
           invalid_handle;
  at->second.recorded = true;
  at->second.captured = state.capturing.count(stream) > 0;
  at->second.milliseconds = state.clock;
  return success;
}
Result cuEventQuery(CudaEvent event) {
  ENTER("cuEventQuery");
  Result result = state.busy ? not_ready : success;
  if (fake_driver.is_earlier(event)) return success;
  recorded_event("cuEventQuery", event, result);
  return result;
}
Result cuEventSynchronize(CudaEvent event) {
  ENTER("cuEventSynchronize");
  Result result = success;
  if (recorded_event("cuEventSynchronize", event, result) != nullptr) state.busy = false;
  return result;
}
Result cuEventElapsedTime(float* milliseconds, CudaEvent from, CudaEvent to) {
  ENTER("cuEventElapsedTime");
  Result result = state.busy ? not_ready : success;
  const FakeCudaEvent* first = recorded_event("cuEventElapsedTime", from, result);
  const FakeCudaEvent* last = recorded_event("cuEventElapsedTime", to, result);
  if (first == nullptr || last == nullptr || !first->timing || !last->timing) return invalid_handle;
  *milliseconds = static_cast<float>(last->milliseconds - first->milliseconds);
  return result;
}

}  // extern "C"
#pragma GCC visibility pop
