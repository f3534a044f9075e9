// What a device is to those who make one: one interface for the simulator and for CUDA. What users
// do with devices is in tegula/device.h.
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
#include "tegula/target.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula {

namespace format {
struct Entry;
struct TensorMapRecord;
}  // namespace format

/// The source line of an instruction of a Program.
struct SourceLocation {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A kernel that a device has loaded and can launch.
class LoadedKernel {
 public:
  virtual ~LoadedKernel() = default;
  /// About how much of the host's memory it takes.
  virtual std::size_t bytes() const { return 0; }
};

/// A tensor argument as the simulator checks it: the bytes that the kernel may touch.
struct ArgumentRange {
  std::string_view name;
  std::uintptr_t begin = 0, end = 0;  ///< the hull of the tensor's elements
  bool writable = false;
  /// Its contents are undefined before the launch: reading what the launch has not written is a
  /// fault.
  bool undefined = false;
};

/// The device's own kind of stream: a CUstream of CUDA. Null is the device's default stream. On
/// CUDA that is the legacy stream, which waits for all other streams and they for it, except those
/// that were created non-blocking, as Stream::create does.
using NativeStream = void*;

/// The device's own kind of event: a CUevent of CUDA.
using NativeEvent = void*;

/// One launch. `parameters` point at values of the sizes that the launch record states.
struct LaunchCall {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::uint32_t threads = 0;
  std::uint32_t dynamic_shared = 0;
  NativeStream stream = nullptr;
  std::span<void* const> parameters;
  std::span<const ArgumentRange> arguments;  ///< tensors alone
};

/// A tensor's description for the tensor memory accelerator: a CUtensorMap of CUDA.
struct alignas(64) TensorMap {
  std::array<std::byte, 128> bytes{};
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
  /// A number for name(): the same for all devices of that name in this process, which share their
  /// ready kernels.
  std::uint64_t name_id() const;
  /// A number that no other device of this process has or had; never 0.
  std::uint64_t id() const { return id_; }

  /// Memory that is at least 256-byte aligned, for work that is given to `stream` from this call
  /// on. Throws Error{out_of_resources}, naming the bytes asked for.
  virtual void* allocate(std::size_t bytes, NativeStream stream = nullptr) = 0;
  /// Frees memory after the work that `stream`, on which it was allocated, has been given so far: a
  /// launch may free its workspaces at once.
  virtual void deallocate(void* data, NativeStream stream = nullptr) noexcept = 0;
  /// Both wait for the stream's work so far, and until the copy is done.
  virtual void copy_to_device(void* target, const void* source, std::size_t bytes,
                              NativeStream stream = nullptr) = 0;
  virtual void copy_to_host(void* target, const void* source, std::size_t bytes,
                            NativeStream stream = nullptr) = 0;

  /// `locations` are for the reports of the simulator's checks and may be empty. Throws
  /// Error{corrupt_data} for a payload that the device cannot load.
  virtual std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                             std::vector<SourceLocation> locations) = 0;
  virtual void launch(const LoadedKernel& kernel, const LaunchCall& call) = 0;
  /// Fills `map` (not a return value, which GCC 12 would not align). `argument` names the tensor in
  /// errors: Error{invalid_argument} for one that the accelerator cannot address. By default throws
  /// Error{unsupported}, for devices without an accelerator.
  virtual void encode_tensor_map(const format::TensorMapRecord& record, const TensorRef& tensor,
                                 std::string_view argument, TensorMap& map);
  /// Waits until the stream's work is done. Throws Error{device_fault} if a kernel faulted.
  virtual void synchronize(NativeStream stream = nullptr) = 0;

  /// Streams of the device. By default there is only the default stream.
  virtual NativeStream create_stream() { return nullptr; }
  virtual void destroy_stream(NativeStream) noexcept {}
  /// Whether work given to the stream is recorded into a graph rather than done.
  virtual bool is_capturing(NativeStream) { return false; }

  /// The events behind Event (tegula/event.h). The default is for a device whose calls return when
  /// the work is done: an event is done when it is recorded, and its time is the host's.
  virtual NativeEvent create_event(bool timing);
  virtual void destroy_event(NativeEvent event) noexcept;
  virtual void record_event(NativeEvent event, NativeStream stream);
  /// Work that is given to the stream from this call on waits for the event, which may be of
  /// another device of the same backend.
  virtual void wait_event(NativeStream, NativeEvent) {}
  virtual bool is_done(NativeEvent) { return true; }
  virtual void synchronize_event(NativeEvent) {}
  /// Milliseconds between two events that are done and were created with `timing`.
  virtual double elapsed_ms(NativeEvent from, NativeEvent to);

 private:
  std::uint64_t id_;
  mutable std::atomic<std::uint64_t> name_id_{0};  ///< 0: not asked for yet
};

}  // namespace tegula
#pragma GCC visibility pop
