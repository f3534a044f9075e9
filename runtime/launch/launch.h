// From a compiled entry to a launch: checking arguments against the launch record, evaluating the
// grid, packing parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/cache/key.h"
#include "runtime/format/entry.h"
#include "tegula/device.h"
#include "tegula/kernel_argument.h"

namespace tegula::runtime {

/// A kernel on a device, ready to launch.
struct ReadyKernel {
  format::Entry entry;  ///< without its payload, which the device has
  std::shared_ptr<LoadedKernel> loaded;
  std::string source;     ///< "disk" or "compiled"
  double compile_ms = 0;  ///< what compiling took; 0 if it came from a cache
  /// Of the table's clock (kernel_table.h), by std::atomic_ref: many threads note it.
  alignas(8) mutable std::uint64_t last_use = 0;

  /// About how much of the host's memory it takes.
  std::size_t bytes() const;
};

/// Checks `arguments`, in the kernel's order, against the launch record and launches on the
/// stream's device. A grid with a zero extent launches nothing. Throws Error{invalid_argument}
/// naming kernel, argument, got, wanted: a count, a presence, a dtype, a rank, a required extent,
/// another device, an address that is no multiple of the element's size, an extent of 2^31 or more,
/// a grid beyond the hardware's limits (2^31-1, 65535, 65535).
void launch(Stream& stream, const ReadyKernel& kernel, std::span<const KernelArgument> arguments);

/// What a thread's last launches were, for reports: kernel name, config text, from where.
struct LaunchTrace {
  std::string kernel;
  std::string config;  ///< "bn=4096,warps=8"
  std::string source;  ///< "memory", "disk", "pack" or "compiled"
  double compile_ms = 0;
};
/// Collects the launches of this thread while it lives; the innermost one collects.
class LaunchRecorder {
 public:
  LaunchRecorder();
  ~LaunchRecorder();
  LaunchRecorder(const LaunchRecorder&) = delete;
  LaunchRecorder& operator=(const LaunchRecorder&) = delete;
  const std::vector<LaunchTrace>& launches() const { return launches_; }
  /// Whether this thread has one.
  static bool active();
  /// Adds to the innermost recorder of this thread, if there is one.
  static void record(LaunchTrace trace);

 private:
  std::vector<LaunchTrace> launches_;
  LaunchRecorder* outer_ = nullptr;
};

/// While it lives, what this thread would launch is recorded under its key on disk instead: kernels
/// are traced, but neither looked up, compiled nor launched. The innermost one records.
class KeyRecorder {
 public:
  KeyRecorder();
  ~KeyRecorder();
  KeyRecorder(const KeyRecorder&) = delete;
  KeyRecorder& operator=(const KeyRecorder&) = delete;
  const std::vector<cache::Key>& keys() const { return keys_; }
  static bool active();
  static void record(cache::Key key);

 private:
  std::vector<cache::Key> keys_;
  KeyRecorder* outer_ = nullptr;
};

}  // namespace tegula::runtime
