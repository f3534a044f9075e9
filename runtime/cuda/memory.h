// The memory of one CUDA device.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/cuda/driver.h"

namespace tegula::cuda {

/// Blocks of memory, allocated and freed in stream order, from a pool of our own where the device
/// has pools. A block that is allocated while its stream is capturing belongs to the graph, and
/// only such blocks can be freed in the capture; others that are freed meanwhile wait until the
/// capture has ended. The device's context must be current.
class Memory {
 public:
  /// `where` names the device in errors.
  explicit Memory(std::string where) : where_(std::move(where)) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Creates a pool of our own, which keeps what is freed: the device's default pool is shared by
  /// all of the process, and returns memory whenever somebody synchronises. Without a pool,
  /// allocating and freeing wait for the device.
  void create_pool(DeviceNumber device);
  void destroy_pool() noexcept;

  /// Throws Error{out_of_resources}, naming the bytes; Error{environment} for a stream that is
  /// capturing if there is no pool.
  DevicePointer allocate(std::size_t bytes, CudaStream stream);
  void deallocate(DevicePointer data, CudaStream stream) noexcept;

  /// Frees the blocks that wait for the stream's capture to end, if it has ended. The stream must
  /// be alive: blocks that wait for another stream are left alone, as that one may be gone.
  void free_waiting(CudaStream stream) noexcept;
  /// The same for a stream that is about to be destroyed. Blocks of a capture that was never ended
  /// are lost, with a warning.
  void forget(CudaStream stream) noexcept;

 private:
  struct Waiting {
    DevicePointer data;
    CudaStream stream;
  };

  Result capturing(CudaStream stream, bool& is) const noexcept;
  void free_now(DevicePointer data, CudaStream stream) noexcept;
  /// Removes and returns the blocks that wait for the stream.
  std::vector<Waiting> take(CudaStream stream);
  void free_in_capture(DevicePointer data, CudaStream stream);

  const Driver& d_ = driver();
  std::string where_;
  MemoryPool pool_ = nullptr;  ///< null where the device has none
  std::mutex mutex_;           ///< guards the two below, which only captures fill
  std::set<DevicePointer> of_graphs_;
  std::vector<Waiting> waiting_;
  /// How many entries both have: as long as that is 0 no lock is taken.
  std::atomic<std::size_t> noted_{0};
};

}  // namespace tegula::cuda
