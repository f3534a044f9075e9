// A kernel that the driver has loaded.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/cuda/driver.h"
#include "runtime/format/entry.h"
#include "tegula/device_interface.h"

namespace tegula::cuda {

class LoadedModule final : public LoadedKernel {
 public:
  /// The context must be current. `shared_limit`: bytes that a block of the device may ask for.
  /// Throws Error{corrupt_data} for an image of the simulator, Error{environment} with the driver's
  /// log if the driver refuses, Error{out_of_resources} if it lacks memory, or the device shared
  /// memory.
  LoadedModule(const std::string& device, Context context, int shared_limit,
               const format::Entry& entry);
  ~LoadedModule() override;

  Function function() const { return function_; }
  std::size_t bytes() const override { return bytes_; }

  /// Call this before a launch on the stream; several threads may do so at once. `capturing`: the
  /// launch goes into a graph, which may be replayed at any time, so that the module must stay
  /// loaded. It must stay as well if the kernel was launched on more streams than can be noted.
  void note_launch(CudaStream stream, bool capturing) const;
  bool is_kept() const { return kept_.load(std::memory_order_relaxed); }
  /// The streams that its kernel was launched on, unless the module must stay loaded.
  std::vector<CudaStream> streams() const;

  LoadedModule* next_kept = nullptr;  ///< RetiredModules: of those that stay to the end

 private:
  static constexpr std::size_t most_streams = 4;

  Context context_;
  Module module_ = nullptr;
  Function function_ = nullptr;
  std::size_t bytes_ = 0;
  mutable std::array<std::atomic<std::uintptr_t>, most_streams> streams_{};  ///< plus 1; 0: none
  mutable std::atomic<bool> kept_{false};
};

}  // namespace tegula::cuda
