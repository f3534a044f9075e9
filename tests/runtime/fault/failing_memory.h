// A heap whose N-th allocation fails, on the thread that asks for it.
#pragma once

namespace tegula::testing {

class FailingMemory {
 public:
  /// Allocations of this thread are counted from 1.
  explicit FailingMemory(int nth);
  ~FailingMemory() { stop(); }
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  /// No allocation fails from here on.
  void stop();

  /// Whether one has failed since the last construction.
  static bool failed();
  /// Allocations of the process that have not been freed.
  static long live();
};

}  // namespace tegula::testing
