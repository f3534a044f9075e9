// Events: points in the work of streams, to wait for and to take times between.
#pragma once

#include <cstdint>
#include <memory>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

/// A point in a stream's work. Copies of an Event are the same event; it ends with the last of
/// them. An event may be recorded again, which moves it; several threads may ask one, but not while
/// another records it.
class Event {
 public:
  /// Whether elapsed_ms() may be asked. On a GPU events without times cost less.
  enum class Timing : std::uint8_t { off, on };

  /// An event of this device, not recorded yet. Throws Error{invalid_argument} for a null device.
  static Event create(std::shared_ptr<Device> device, Timing timing = Timing::off);

  // No move: a moved-from Event would be none.
  Event(const Event&) = default;
  Event& operator=(const Event&) = default;
  ~Event() = default;

  /// Stands from now on for all that `stream` was given so far. The stream must be of the event's
  /// device, else Error{invalid_argument}. On a stream that is capturing, the event becomes a place
  /// in the graph: streams may wait for it, and join the capture; the calls below are then
  /// Error{environment}.
  void record(const Stream& stream);
  bool is_recorded() const;

  /// Whether the work before the event is done. Never waits. Throws Error{invalid_argument} if the
  /// event was not recorded, as synchronize() does: nothing says what it would stand for.
  bool is_done() const;
  /// Waits until the work before the event is done. Throws Error{device_fault} if a kernel faulted.
  void synchronize() const;

  const std::shared_ptr<Device>& device() const;
  NativeEvent native() const;

 private:
  friend double elapsed_ms(const Event& from, const Event& to);
  struct State;
  explicit Event(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// Milliseconds from one recorded event to another, negative if `to` lies before `from`; waits for
/// both. On a GPU its own time, to about half a microsecond; on the simulator the host's
/// (std::chrono::steady_clock), which says nothing of any GPU. Throws Error{invalid_argument} if
/// the events are of two devices, were not recorded, or were created without times.
double elapsed_ms(const Event& from, const Event& to);

}  // namespace tegula
#pragma GCC visibility pop
