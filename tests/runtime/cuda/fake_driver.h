// What the parts of the fake driver share.
#pragma once

#include <mutex>
#include <vector>

#include "runtime/cuda/driver.h"
#include "tests/runtime/cuda/fake_cuda.h"

namespace tegula::testing {

constexpr cuda::Result invalid_value = 1, invalid_device = 101, invalid_context = 201,
                       invalid_handle = 400, not_found = 500;

struct FakeThread {
  std::vector<void*> contexts;
  int capture_mode = 0;  ///< global: the strictest
};
extern thread_local FakeThread fake_thread;

struct FakeDriver {
  FakeCuda state;
  std::mutex mutex;
  std::uintptr_t handles = 0;  ///< given out

  void misuse(const char* function, const char* what) {
    state.misuses.push_back(std::string(function) + ": " + what);
  }

  /// What every call begins with.
  cuda::Result enter(const char* function, bool needs_context = true) {
    ++state.calls;
    ++state.calls_of[function];
    if (needs_context && fake_thread.contexts.empty()) {
      misuse(function, "no context is current");
      return invalid_context;
    }
    const bool fails =
        state.fail_function == function ||
        (state.fail_at != 0 &&
         (state.calls == state.fail_at || (state.fail_for_good && state.calls > state.fail_at)));
    return fails ? state.fail_result : cuda::success;
  }

  std::uintptr_t last_handle() const { return std::uintptr_t{0x500000000000} + 16 * handles; }
  /// Another one each time.
  template <class H>
  H new_handle() {
    ++handles;
    return reinterpret_cast<H>(last_handle());
  }
  template <class H>
  bool is_earlier(H handle) const {
    return reinterpret_cast<std::uintptr_t>(handle) <= state.earlier;
  }

  bool known(cuda::CudaStream stream) const {
    return stream == nullptr || state.streams.count(stream) > 0;
  }
};
extern FakeDriver fake_driver;

}  // namespace tegula::testing

#define ENTER(...)                                                \
  const std::lock_guard lock(tegula::testing::fake_driver.mutex); \
  if (const auto failed = tegula::testing::fake_driver.enter(__VA_ARGS__)) return failed
