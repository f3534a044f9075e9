// Events for monitors and profilers: each kernel that is made ready, each launch; and counters as
// text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace tegula {

struct KernelEvent {
  enum class Kind : std::uint8_t {
    compiled,  ///< a kernel was compiled, which made a call wait for `milliseconds`
    loaded,    ///< a kernel was read from the cache on disk
    launched,  ///< a kernel was given to the device
  };
  Kind kind = Kind::launched;
  std::string_view kernel;  ///< its name; valid during the call, like all views here
  std::string_view device;  ///< "cuda:0"; empty for launches
  std::string_view line;  ///< compiled, loaded: its specialisation, as a manifest line of the cache
  double milliseconds = 0;  ///< compiled: compiling alone; loaded: all of it
};

/// Called on the thread that launches, after the event. It must not throw and should not take long,
/// since a launch waits for it. It may launch kernels itself, including the one in the event; those
/// launches are reported too.
using KernelEventHook = void (*)(const KernelEvent& event, void* user);
/// Replaces the hook; null: none. Launches that are under way in other threads may still call the
/// old one.
void set_kernel_event_hook(KernelEventHook hook, void* user = nullptr);

/// Counters of this process in Prometheus' text format: kernels compiled and the seconds spent,
/// kernels ready, their bytes and how many were evicted, and the cache's counters (tegula/cache.h).
std::string metrics_text();

}  // namespace tegula
#pragma GCC visibility pop
