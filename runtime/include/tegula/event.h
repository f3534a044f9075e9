// Events: points in the work of streams, to wait for and to measure times between.
#pragma once

#include <cstdint>
#include <memory>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

/// A point in a stream's work. Copies of an Event are the same event, which lives as long as they
/// do. Recording an event again moves it. Several threads may use one event at the same time, but
/// not while another records it.
class Event {
 public:
  /// Whether elapsed_ms() may be called. On a GPU events without times cost less.
  enum class Timing : std::uint8_t { off, on };

  /// An event of this device, not recorded yet. Throws Error{invalid_argument} for a null device.
  static Event create(std::shared_ptr<Device> device, Timing timing = Timing::off);

  // No move: a moved-from Event would be none.
  Event(const Event&) = default;
  Event& operator=(const Event&) = default;
  ~Event() = default;

  /// Moves the event to the end of the work that `stream` has been given so far. Throws
  /// Error{invalid_argument} for a stream of another device. On a stream that is capturing, the
  /// event becomes a point in the graph: streams may wait for it, and so join the capture; the
  /// calls below then throw Error{environment}.
  void record(const Stream& stream);
  bool is_recorded() const;

  /// Whether the work before the event is done. Never waits. Like synchronize(), throws
  /// Error{invalid_argument} if the event was not recorded.
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

/// Milliseconds from one recorded event to another, negative if `to` comes before `from`; waits for
/// both. On a GPU this is the GPU's time, to about half a microsecond; on the simulator it is the
/// host's (std::chrono::steady_clock), which says nothing about any GPU. Throws
/// Error{invalid_argument} if the events are of two devices, were not recorded, or were created
/// without times.
double elapsed_ms(const Event& from, const Event& to);

}  // namespace tegula
#pragma GCC visibility pop
