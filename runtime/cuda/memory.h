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

/// Blocks in the order of streams' work, from a pool of our own where the device has pools. While a
/// stream is capturing, a block that it asks for is the graph's, and only such blocks can be freed
/// in the capture; others that are freed then wait until the stream captures no more. For calls
/// with the device's context current.
class Memory {
 public:
  /// `where` names the device in errors.
  explicit Memory(std::string where) : where_(std::move(where)) {}
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// A pool of our own, which keeps what is freed: the device's default one belongs to all in the
  /// process, and gives memory back whenever somebody waits. Without it, allocating and freeing
  /// wait for the device.
  void create_pool(DeviceNumber device);
  void destroy_pool() noexcept;

  /// Throws Error{out_of_resources}, naming the bytes; Error{environment} for a stream that is
  /// capturing if there is no pool.
  DevicePointer allocate(std::size_t bytes, CudaStream stream);
  void deallocate(DevicePointer data, CudaStream stream) noexcept;

  /// Frees what was freed while the stream was capturing, if it is no more. For a stream that is
  /// known to live: what waits for another is left alone, as that one may be gone.
  void free_waiting(CudaStream stream) noexcept;
  /// The same for a stream that is about to be destroyed. What a capture that was never ended
  /// still holds is lost, and warned of.
  void forget(CudaStream stream) noexcept;

 private:
  struct Waiting {
    DevicePointer data;
    CudaStream stream;
  };

  Result capturing(CudaStream stream, bool& is) const noexcept;
  void free_now(DevicePointer data, CudaStream stream) noexcept;
  /// What waits for the stream, which then waits no more.
  std::vector<Waiting> take(CudaStream stream);
  void free_in_capture(DevicePointer data, CudaStream stream);

  const Driver& d_ = driver();
  std::string where_;
  MemoryPool pool_ = nullptr;  ///< null where the device has none
  std::mutex mutex_;           ///< of the two below, which captures alone fill
  std::set<DevicePointer> of_graphs_;
  std::vector<Waiting> waiting_;
  /// How many both hold: no lock is taken as long as that is 0.
  std::atomic<std::size_t> noted_{0};
};

}  // namespace tegula::cuda
