// Modules whose kernels nobody can launch any more. The driver promises nothing about a kernel
// whose module is unloaded before it has run, so each stays loaded until its launches are done.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/cuda/module.h"

namespace tegula::cuda {

/// The modules of one device, whose context must be current. Some of the streams that a module was
/// launched on may be gone by now, which only their owners know; so a stream is only used right
/// after another launch on it. A module waits as long as there is no further launch on one of its
/// streams.
class RetiredModules {
 public:
  /// Unloads the module now, or later, or never if a graph may hold its kernel.
  void add(std::unique_ptr<LoadedModule> module) noexcept;

  /// Keeps the module loaded until the process ends, which costs only memory.
  void keep(std::unique_ptr<LoadedModule> module) noexcept;

  /// Call this after a launch on the stream, and before it is destroyed.
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
    std::vector<CudaStream> streams;  ///< not passed yet
    std::vector<Event> events;        ///< after the launches on the others
  };

  static std::uint64_t bit_of(CudaStream stream) {
    return std::uint64_t{1} << ((reinterpret_cast<std::uintptr_t>(stream) * 0x9e3779b97f4a7c15u) >>
                                58);
  }
  void mark(CudaStream stream) noexcept;
  void want_again();

  std::mutex mutex_;  ///< guards the list
  std::vector<Waiting> waiting_;
  std::atomic<std::uint64_t> wanted_{0};  ///< bits of the streams in the list
  std::atomic<LoadedModule*> kept_{nullptr};
};

}  // namespace tegula::cuda
