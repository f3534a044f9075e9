// Which context is current.
#pragma once

#include "runtime/cuda/driver.h"

namespace tegula::cuda {

/// Makes a context this thread's current one while it lives, then restores the one before.
class CurrentContext {
 public:
  /// Does not throw: false if the driver refuses, or in a forked process.
  explicit CurrentContext(Context context);
  /// Throws as check() does.
  CurrentContext(Context context, const std::string& where);
  ~CurrentContext();
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

  explicit operator bool() const { return result_ == success; }

 private:
  Result enter(Context context);

  bool pushed_ = false;
  Result result_ = success;
};

/// While it lives, calls of this thread that would invalidate a capture elsewhere in the process
/// (loading, plain allocation) are allowed: they concern nothing that the capture records.
class OutsideOfCaptures {
 public:
  OutsideOfCaptures();
  ~OutsideOfCaptures();
  OutsideOfCaptures(const OutsideOfCaptures&) = delete;
  OutsideOfCaptures& operator=(const OutsideOfCaptures&) = delete;

 private:
  int mode_ = 2;  ///< CU_STREAM_CAPTURE_MODE_RELAXED, then what it was before
};

}  // namespace tegula::cuda
