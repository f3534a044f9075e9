// Modules whose kernels nobody can launch any more. The driver promises nothing of a kernel whose
// module is unloaded before it has run, so each stays until what was launched of it is done.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cuda/module.h"

namespace tegula::cuda {

/// Of one device, for calls with its context current. Of the streams that a module was launched on
/// some may be gone by now, and only their owners know; so nothing is asked of a stream but behind
/// another launch on it. A stream that is launched on no more keeps what it waits for loaded.
class RetiredModules {
 public:
  /// Unloads it now, or later, or never if a graph may hold its kernel.
  void add(std::unique_ptr<LoadedModule> module) noexcept;

  /// It stays loaded until the process ends, which costs memory alone.
  void keep(std::unique_ptr<LoadedModule> module) noexcept;

  /// Behind a launch on the stream, or before it is destroyed.
  void pass(CudaStream stream) noexcept {
    if ((wanted_.load(std::memory_order_relaxed) & bit_of(stream)) != 0) mark(stream);
  }

  /// Unloads what the GPU is done with.
  void unload_done() noexcept;

 private:
  struct EndOfEvent {
    void operator()(CudaEvent event) const { driver().cuEventDestroy(event); }
  };
  using Event = std::shared_ptr<std::remove_pointer_t<CudaEvent>>;
  struct Waiting {
    std::unique_ptr<LoadedModule> module;
    std::vector<CudaStream> streams;  ///< that were not passed yet
    std::vector<Event> events;        ///< behind the launches on the others
  };

  static std::uint64_t bit_of(CudaStream stream) {
    return std::uint64_t{1} << ((reinterpret_cast<std::uintptr_t>(stream) * 0x9e3779b97f4a7c15u) >>
                                58);
  }
  void mark(CudaStream stream) noexcept;
  void want_again();

  std::mutex mutex_;  ///< of the list
  std::vector<Waiting> waiting_;
  std::atomic<std::uint64_t> wanted_{0};  ///< bits of the streams in the list
  std::atomic<LoadedModule*> kept_{nullptr};
};

}  // namespace tegula::cuda
