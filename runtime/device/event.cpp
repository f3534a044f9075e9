#include "tegula/event.h"

#include <atomic>
#include <chrono>
#include <utility>

#include "tegula/error.h"

namespace tegula {

struct Event::State {
  State(std::shared_ptr<Device> of, Timing with)
      : device(std::move(of)), timing(with), native(device->create_event(timing == Timing::on)) {}
  ~State() { device->destroy_event(native); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void needs_recording(const char* where) const {
    if (!recorded.load(std::memory_order_acquire))
      throw Error(ErrorCode::invalid_argument,
                  {.where = where,
                   .argument = "event",
                   .problem = "the event was not recorded",
                   .hint = "call record(stream) behind the work that it shall stand for"});
  }

  const std::shared_ptr<Device> device;
  const Timing timing;
  const NativeEvent native;
  std::atomic<bool> recorded{false};
};

Event Event::create(std::shared_ptr<Device> device, Timing timing) {
  if (device == nullptr)
    throw Error(ErrorCode::invalid_argument,
                {.where = "Event::create", .argument = "device", .problem = "no device is given"});
  return Event(std::make_shared<State>(std::move(device), timing));
}

void Event::record(const Stream& stream) {
  if (stream.device() != state_->device)
    throw Error(ErrorCode::invalid_argument,
                {.where = "Event::record",
                 .argument = "stream",
                 .problem = "the stream is of another device",
                 .got = stream.device()->name(),
                 .wanted = state_->device->name(),
                 .hint = stream.device()->name() == state_->device->name()
                             ? "the two are of one name, but opened twice: share one device"
                             : "create one event for each device"});
  state_->device->record_event(state_->native, stream.native());
  state_->recorded.store(true, std::memory_order_release);
}

bool Event::is_recorded() const { return state_->recorded.load(std::memory_order_acquire); }

bool Event::is_done() const {
  state_->needs_recording("Event::is_done");
  return state_->device->is_done(state_->native);
}

void Event::synchronize() const {
  state_->needs_recording("Event::synchronize");
  state_->device->synchronize_event(state_->native);
}

const std::shared_ptr<Device>& Event::device() const { return state_->device; }
NativeEvent Event::native() const { return state_->native; }

double elapsed_ms(const Event& from, const Event& to) {
  Device& device = *from.device();
  if (from.device() != to.device())
    throw Error(ErrorCode::invalid_argument, {.where = "elapsed_ms",
                                              .argument = "to",
                                              .problem = "the events are of two devices",
                                              .got = to.device()->name(),
                                              .wanted = device.name()});
  for (const auto& [event, name] : {std::pair{&from, "from"}, std::pair{&to, "to"}}) {
    if (event->state_->timing == Event::Timing::off)
      throw Error(ErrorCode::invalid_argument, {.where = "elapsed_ms",
                                                .argument = name,
                                                .problem = "the event keeps no time",
                                                .hint = "create it with Event::Timing::on"});
    event->state_->needs_recording("elapsed_ms");
    device.synchronize_event(event->native());
  }
  return device.elapsed_ms(from.native(), to.native());
}

void Stream::wait(const Event& event) {
  if (!event.is_recorded())
    throw Error(ErrorCode::invalid_argument,
                {.where = "Stream::wait",
                 .argument = "event",
                 .problem = "the event was not recorded",
                 .hint = "call record(stream) behind the work that is to be waited for"});
  // Between GPUs the driver waits; on other devices the work is done when record() returns.
  if (event.device() != device_ && event.device()->target().backend != device_->target().backend)
    throw Error(ErrorCode::invalid_argument, {.where = "Stream::wait",
                                              .argument = "event",
                                              .problem = "the event is of another kind of device",
                                              .got = event.device()->name(),
                                              .wanted = device_->name(),
                                              .hint = "wait on the host: event.synchronize()"});
  device_->wait_event(native_, event.native());
}

// The default, for devices whose calls return when the work is done.

namespace {
using HostTime = std::chrono::steady_clock::time_point;
HostTime& time_of(NativeEvent event) { return *static_cast<HostTime*>(event); }
}  // namespace

NativeEvent Device::create_event(bool /*timing*/) { return new HostTime; }
void Device::destroy_event(NativeEvent event) noexcept { delete &time_of(event); }
void Device::record_event(NativeEvent event, NativeStream /*stream*/) {
  time_of(event) = std::chrono::steady_clock::now();
}
double Device::elapsed_ms(NativeEvent from, NativeEvent to) {
  return std::chrono::duration<double, std::milli>(time_of(to) - time_of(from)).count();
}

}  // namespace tegula
