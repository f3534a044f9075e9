// What looks on at this thread's launches, or has them recorded in place of done.
#pragma once

#include <string>
#include <vector>

#include "runtime/cache/key.h"

namespace tegula::runtime {

/// One launch, for reports: kernel name, config as text, and where the kernel came from.
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

/// While it lives, launches of this thread only record the kernel's key on disk: kernels are
/// traced, but not looked up, compiled or launched. The innermost recorder records.
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
