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

#pragma GCC visibility push(default)
namespace tegula {

namespace format {
struct Entry;
struct TensorMapRecord;
}  // namespace format

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
  /// About how much of the host's memory it takes.
  virtual std::size_t bytes() const { return 0; }
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

/// A stream of the device's own: a CUstream of CUDA. Null is the device's default stream, which on
/// CUDA is the legacy one: it waits for all others, and they for it, but for those that were made
/// not to, as Stream::create makes them.
using NativeStream = void*;

/// An event of the device's own: a CUevent of CUDA.
using NativeEvent = void*;

class Allocator;
class Event;

/// One launch. `parameters` point at values of the sizes that the launch record states.
struct LaunchCall {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  std::uint32_t threads = 0;
  std::uint32_t dynamic_shared = 0;
  NativeStream stream = nullptr;
  std::span<void* const> parameters;
  std::span<const ArgumentRange> arguments;  ///< tensors alone
};

/// A tensor as the tensor memory accelerator is told of it: a CUtensorMap of CUDA.
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
  /// A number for name(), the same for all devices of that name in this process: those share their
  /// ready kernels.
  std::uint64_t binaries() const;
  /// A number that no other device of this process has or had; never 0.
  std::uint64_t id() const { return id_; }

  /// At least 256-byte aligned. Throws Error{out_of_resources}, naming the bytes asked for.
  /// Usable by the work that is given to `stream` from now on.
  virtual void* allocate(std::size_t bytes, NativeStream stream = nullptr) = 0;
  /// Ordered behind the work that `stream`, on which it was allocated, was given before: a launch
  /// frees its workspaces at once.
  virtual void deallocate(void* data, NativeStream stream = nullptr) noexcept = 0;
  /// Both wait for what the stream was given before, and until the copy is done.
  virtual void copy_to_device(void* target, const void* source, std::size_t bytes,
                              NativeStream stream = nullptr) = 0;
  virtual void copy_to_host(void* target, const void* source, std::size_t bytes,
                            NativeStream stream = nullptr) = 0;

  /// `locations` serve the reports of the simulator's checks and may be empty.
  /// Throws Error{corrupt_data} for a payload that it cannot load.
  virtual std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                             std::vector<SourceLocation> locations) = 0;
  virtual void launch(const LoadedKernel& kernel, const LaunchCall& call) = 0;
  /// Fills `map`; no return value, since GCC 12 does not align those. `argument` names the tensor
  /// in errors: Error{invalid_argument} for one that the accelerator cannot address,
  /// Error{unsupported} by default, for devices without one.
  virtual void encode_tensor_map(const format::TensorMapRecord& record, const TensorRef& tensor,
                                 std::string_view argument, TensorMap& map);
  /// Waits until the stream has done what it was given. Throws Error{device_fault} if a kernel
  /// faulted.
  virtual void synchronize(NativeStream stream = nullptr) = 0;

  /// Streams of the device: by default there is the default stream alone.
  virtual NativeStream create_stream() { return nullptr; }
  virtual void destroy_stream(NativeStream) noexcept {}
  /// Whether work given to the stream is recorded into a graph rather than done.
  virtual bool is_capturing(NativeStream) { return false; }

  /// What Event (tegula/event.h) stands on. By default, for a device that has done everything when
  /// a call returns: an event is done when it is recorded, and its time is the host's.
  virtual NativeEvent create_event(bool timing);
  virtual void destroy_event(NativeEvent event) noexcept;
  virtual void record_event(NativeEvent event, NativeStream stream);
  /// What the stream is given from now on waits for the event, which may be another device's of the
  /// same backend.
  virtual void wait_event(NativeStream, NativeEvent) {}
  virtual bool is_done(NativeEvent) { return true; }
  virtual void synchronize_event(NativeEvent) {}
  /// Milliseconds between two events that are done and were created with `timing`.
  virtual double elapsed_ms(NativeEvent from, NativeEvent to);

 private:
  std::uint64_t id_;
  mutable std::atomic<std::uint64_t> binaries_{0};  ///< 0: not asked for yet
};

/// Opens "sim" (which is sim:sm_90a), "sim:ARCH", or "cuda:N". Throws Error{environment} if there
/// is no such device, naming what is missing, and Error{invalid_argument} for any other name.
std::shared_ptr<Device> open_device(std::string_view name);

/// Work in order on one device. Copies of a Stream are the same stream. The simulator's streams run
/// each launch to its end at once.
class Stream {
 public:
  /// The device's default stream. Throws Error{invalid_argument} for a null device, as the others
  /// do.
  explicit Stream(std::shared_ptr<Device> device) : device_(std::move(device)) {
    if (device_ == nullptr) no_device();
  }
  /// A new stream, which waits for no other. It ends with its last copy and the last tensor that
  /// was allocated on it.
  static Stream create(std::shared_ptr<Device> device);
  /// A stream of the caller's (a CUstream of the device's primary context), who keeps it alive as
  /// long as there are copies of the Stream and tensors that were allocated on it.
  static Stream wrap(std::shared_ptr<Device> device, NativeStream native);
  /// The same stream, whose tensors, ops' outputs and workspaces come from `allocator`
  /// (tegula/allocator.h) from now on; null: from the device's own memory. Copies of what is
  /// returned have it too, `this` does not.
  Stream with_allocator(std::shared_ptr<Allocator> allocator) const;

  const std::shared_ptr<Device>& device() const { return device_; }
  NativeStream native() const { return native_; }
  /// Null: the device's own memory.
  const std::shared_ptr<Allocator>& allocator() const { return allocator_; }
  void synchronize() { device_->synchronize(native_); }
  bool is_capturing() const { return device_->is_capturing(native_); }
  /// What this stream is given from now on waits for the event; the host does not. Waiting for an
  /// event of another GPU is fine. Throws Error{invalid_argument} for an event that was not
  /// recorded, or one of a GPU and a stream of the simulator or the other way round.
  void wait(const Event& event);
  /// An uninitialised row-major tensor on this stream's device, for work on this stream. Where
  /// another stream B uses it: B.wait(an event recorded on this stream behind whatever writes it)
  /// first, and this stream waits for an event recorded on B behind B's use before the tensor is
  /// freed, since its memory then goes to this stream's next work.
  /// While the stream is capturing, Error{environment}: the memory would be the graph's. An
  /// allocator that serves captures may be asked.
  Tensor empty(DType dtype, const Dims& shape);

 private:
  [[noreturn]] static void no_device();

  std::shared_ptr<Device> device_;
  NativeStream native_ = nullptr;
  std::shared_ptr<void> owner_;  ///< of a stream that create() made
  std::shared_ptr<Allocator> allocator_;
};

}  // namespace tegula
#pragma GCC visibility pop
