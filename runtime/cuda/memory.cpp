#include "runtime/cuda/memory.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include <fmt/format.h>

#include "runtime/cuda/context.h"
#include "tegula/log.h"

namespace tegula::cuda {

void Memory::create_pool(DeviceNumber device) {
  MemoryPoolProperties properties;
  properties.location_id = device;
  check(d_.cuMemPoolCreate(&pool_, &properties), where_, "cuMemPoolCreate");
  std::uint64_t all = ~std::uint64_t{0};
  check(d_.cuMemPoolSetAttribute(pool_, pool_release_threshold, &all), where_,
        "cuMemPoolSetAttribute");
}

void Memory::destroy_pool() noexcept {
  if (pool_ != nullptr) d_.cuMemPoolDestroy(pool_);
  pool_ = nullptr;
}

Result Memory::capturing(CudaStream stream, bool& is) const noexcept {
  is = false;
  if (stream == nullptr) return success;  // the legacy stream cannot
  int status = 0;
  const Result result = d_.cuStreamIsCapturing(stream, &status);
  is = result == success && status != 0;
  return result;
}

DevicePointer Memory::allocate(std::size_t bytes, CudaStream stream) {
  bool captures = false;
  check(capturing(stream, captures), where_, "cuStreamIsCapturing");
  if (captures && pool_ == nullptr)
    throw Error(ErrorCode::environment,
                {.where = where_,
                 .argument = "stream",
                 .problem = fmt::format("the device has no memory pools, so it cannot allocate {} "
                                        "bytes while the stream is capturing a graph",
                                        bytes),
                 .wanted = "a stream with an allocator that serves_captures()"});
  if (!captures) free_waiting(stream);
  const OutsideOfCaptures outside;
  DevicePointer data = 0;
  const Result result = pool_ != nullptr ? d_.cuMemAllocFromPoolAsync(&data, bytes, pool_, stream)
                                         : d_.cuMemAlloc(&data, bytes);
  if (result == out_of_memory)
    throw Error(ErrorCode::out_of_resources,
                {.where = where_, .problem = fmt::format("cannot allocate {} bytes", bytes)});
  check(result, where_, pool_ != nullptr ? "cuMemAllocFromPoolAsync" : "cuMemAlloc");
  if (captures) {
    const std::lock_guard lock(mutex_);
    of_graphs_.insert(data);
    noted_ = of_graphs_.size() + waiting_.size();
  }
  return data;
}

void Memory::deallocate(DevicePointer data, CudaStream stream) noexcept {
  bool captures = false;
  capturing(stream, captures);  // if the driver fails here there is no capture to go on with either
  try {
    if (captures) return free_in_capture(data, stream);
    if (noted_ > 0) {
      const std::lock_guard lock(mutex_);
      of_graphs_.erase(data);
      noted_ = of_graphs_.size() + waiting_.size();
    }
  } catch (const std::exception& exception) {
    log(LogLevel::warn, fmt::format("{}: memory is lost: {}", where_, exception.what()));
    return;
  }
  free_waiting(stream);
  free_now(data, stream);
}

void Memory::free_in_capture(DevicePointer data, CudaStream stream) {
  {
    const std::lock_guard lock(mutex_);
    const bool of_a_graph = of_graphs_.erase(data) > 0;
    if (!of_a_graph) waiting_.push_back({data, stream});
    noted_ = of_graphs_.size() + waiting_.size();
    if (!of_a_graph) return;
  }
  free_now(data, stream);
}

void Memory::free_now(DevicePointer data, CudaStream stream) noexcept {
  const OutsideOfCaptures outside;
  const Result result = pool_ != nullptr ? d_.cuMemFreeAsync(data, stream) : d_.cuMemFree(data);
  if (result != success)
    log(LogLevel::warn, fmt::format("{}: memory cannot be freed: {}", where_, describe(result)));
}

std::vector<Memory::Waiting> Memory::take(CudaStream stream) {
  const std::lock_guard lock(mutex_);
  const auto rest = std::stable_partition(waiting_.begin(), waiting_.end(),
                                          [&](const Waiting& w) { return w.stream != stream; });
  std::vector<Waiting> taken(rest, waiting_.end());
  waiting_.erase(rest, waiting_.end());
  noted_ = of_graphs_.size() + waiting_.size();
  return taken;
}

void Memory::free_waiting(CudaStream stream) noexcept {
  if (noted_ == 0) return;
  bool captures = false;
  if (capturing(stream, captures) != success || captures) return;
  try {
    for (const Waiting& w : take(stream)) free_now(w.data, w.stream);
  } catch (const std::exception&) {  // out of memory: the blocks go on waiting
  }
}

void Memory::forget(CudaStream stream) noexcept {
  if (noted_ == 0) return;
  free_waiting(stream);
  try {
    if (const std::size_t lost = take(stream).size(); lost > 0)
      log(LogLevel::warn,
          fmt::format("{}: a stream is destroyed while it is capturing a graph: {} blocks of "
                      "memory that were freed meanwhile are lost",
                      where_, lost));
  } catch (const std::exception&) {  // out of memory: nothing is left to say it with
  }
}

}  // namespace tegula::cuda
