// Devices and streams. One interface for the simulator and for CUDA; a tensor's device decides
// where a kernel runs, and nothing falls back from one to the other unasked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/error.h"
#include "tegula/tensor.h"

namespace tegula {

namespace format {
struct Entry;
}

/// What kernels for a device are compiled for.
struct Target {
  enum class Backend : std::uint8_t { ptx, sim };
  Backend backend = Backend::ptx;
  std::string arch;  ///< "sm_90a"
  friend bool operator==(const Target&, const Target&) = default;
};

/// Where an instruction of a kernel came from; by instruction number of its Program.
struct SourceLocation {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A kernel that a device has loaded and can launch.
class LoadedKernel {
 public:
  virtual ~LoadedKernel() = default;
};

/// A tensor argument as the simulator checks it: the bytes that the kernel may touch.
struct ArgumentRange {
  std::string_view name;
  std::uintptr_t begin = 0, end = 0;  ///< the hull of the tensor's elements
  bool writable = false;
  /// Nothing in it is defined before the launch: reading what the launch has not written is a
  /// fault.
  bool undefined = false;
};

/// One launch. `parameters` point at values of the sizes that the launch record states.
struct LaunchCall {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::uint32_t threads = 0;
  std::uint32_t dynamic_shared = 0;
  std::span<void* const> parameters;
  std::span<const ArgumentRange> arguments;  ///< tensors alone
};

class Device {
 public:
  virtual ~Device() = default;
  Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// "sim:sm_90a", "cuda:0".
  virtual std::string name() const = 0;
  virtual Target target() const = 0;
  virtual int multiprocessors() const = 0;
  /// A number for name(), the same for all devices of that name in this process: those share their
  /// ready kernels.
  std::uint64_t binaries() const;
  /// A number that no other device of this process has or had; never 0.
  std::uint64_t id() const { return id_; }

  /// At least 256-byte aligned. Throws Error{out_of_resources}, naming the bytes asked for.
  virtual void* allocate(std::size_t bytes) = 0;
  /// Ordered behind the work that was launched before: a launch frees its workspaces at once.
  virtual void deallocate(void* data) noexcept = 0;
  virtual void copy_to_device(void* target, const void* source, std::size_t bytes) = 0;
  virtual void copy_to_host(void* target, const void* source, std::size_t bytes) = 0;

  /// `locations` serve the reports of the simulator's checks and may be empty.
  /// Throws Error{corrupt_data} for a payload that it cannot load.
  virtual std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                             std::vector<SourceLocation> locations) = 0;
  virtual void launch(const LoadedKernel& kernel, const LaunchCall& call) = 0;
  virtual void synchronize() = 0;

 private:
  std::uint64_t id_;
  mutable std::atomic<std::uint64_t> binaries_{0};  ///< 0: not asked for yet
};

/// Opens "sim" (which is sim:sm_90a), "sim:ARCH", or "cuda:N". Throws Error{environment} if there
/// is no such device, naming what is missing, and Error{invalid_argument} for any other name.
std::shared_ptr<Device> open_device(std::string_view name);

/// Work in order on one device. The simulator's streams run each launch to its end at once.
class Stream {
 public:
  explicit Stream(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  const std::shared_ptr<Device>& device() const { return device_; }
  void synchronize() { device_->synchronize(); }
  /// An uninitialised row-major tensor on this stream's device.
  Tensor empty(DType dtype, const Dims& shape) { return Tensor::empty(device_, dtype, shape); }

 private:
  std::shared_ptr<Device> device_;
};

}  // namespace tegula
