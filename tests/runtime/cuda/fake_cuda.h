// A CUDA driver without a GPU: libcuda.so.1 as the tests put it into the library path. Memory is
// the host's, kernels are loaded and never run, and any call can be made to fail. It checks what
// the real one requires of its callers: a current context, pointers and streams that exist.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tegula::testing {

struct FakeCudaLaunch {
  std::string function;
  void* context = nullptr;  ///< that was current
  void* stream = nullptr;
  std::array<unsigned, 3> grid{}, block{};
  unsigned dynamic_shared = 0;
  std::vector<void*> first_parameters;  ///< the first, as a pointer; empty if there is none
};

struct FakeCudaEvent {
  void* context = nullptr;  ///< that it was created in
  bool timing = false, recorded = false, captured = false;
  double milliseconds = 0;  ///< when it was recorded
};

/// What cuTensorMapEncodeTiled was asked for.
struct FakeTensorMap {
  int dtype = 0;
  void* address = nullptr;
  std::vector<std::uint64_t> extents, strides;
  std::vector<unsigned> box, element_strides;
  int interleave = 0, swizzle = 0, promotion = 0, fill = 0;
  friend bool operator==(const FakeTensorMap&, const FakeTensorMap&) = default;
};

struct FakeCuda {
  // What it pretends to be.
  int devices = 2;
  int major = 9, minor = 0;
  int multiprocessors = 132;
  int shared_limit = 232448;  ///< bytes
  int driver_version = 13000;
  std::string gpu = "Fake GPU";
  bool has_pools = true;
  bool busy = false;  ///< no recorded event is done before somebody waits for it
  double clock = 0;   ///< milliseconds, for events

  // What goes wrong: the call with this number, counted from 1 (0: none), and all after it if
  // `fail_for_good`; or every call of one function.
  std::uint64_t fail_at = 0;
  bool fail_for_good = false;
  std::string fail_function;
  int fail_result = 999;

  /// Handles up to this one are of earlier tests, whose devices and kernels may still give them
  /// back.
  std::uintptr_t earlier = 0;

  // What was seen.
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> calls_of;
  std::vector<std::string> misuses;  ///< what the real driver would have refused, or died of
  std::vector<FakeCudaLaunch> launches;
  std::map<std::uint64_t, std::vector<unsigned char>> memory;
  std::set<std::uint64_t> graph_memory;  ///< what was allocated on a capturing stream
  std::map<void*, void*> modules;        ///< and the contexts that they were loaded in
  std::set<void*> streams;
  std::multiset<int> retained;  ///< devices whose primary context is
  std::multiset<void*> pools;
  std::map<void*, FakeCudaEvent> events;
  std::vector<FakeTensorMap> tensor_maps;           ///< a map begins with its index here
  std::vector<std::pair<void*, void*>> waits;       ///< a stream for an event
  std::set<void*> capturing;                        ///< streams
  std::map<std::string, int> dynamic_shared_limit;  ///< by function
};

}  // namespace tegula::testing

#define TEGULA_FAKE_CUDA __attribute__((visibility("default")))

TEGULA_FAKE_CUDA tegula::testing::FakeCuda* fake_cuda();
/// The last handle that was given out.
TEGULA_FAKE_CUDA std::uintptr_t fake_cuda_last_handle();
/// The context that is current in this thread.
TEGULA_FAKE_CUDA void* fake_cuda_current();
/// Makes a context current (or none), as another library of the process would.
TEGULA_FAKE_CUDA void fake_cuda_set_current(void* context);
