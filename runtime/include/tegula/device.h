// Devices and streams. A tensor's device decides where a kernel runs, and nothing falls back from
// one to another unasked.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "tegula/device_interface.h"
#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula {

class Allocator;
class Event;

/// Opens "sim" (which is sim:sm_90a), "sim:ARCH", or "cuda:N". Throws Error{environment} if there
/// is no such device, naming what is missing, and Error{invalid_argument} for any other name.
std::shared_ptr<Device> open_device(std::string_view name);

/// A queue of work on one device, done in order. Copies of a Stream are the same stream. On the
/// simulator each launch is done when the call returns.
class Stream {
 public:
  /// The device's default stream. This and the next two throw Error{invalid_argument} for a null
  /// device.
  explicit Stream(std::shared_ptr<Device> device) : device_(std::move(device)) {
    if (device_ == nullptr) no_device();
  }
  /// A new stream, which waits for no other. It ends with its last copy and the last tensor that
  /// was allocated on it.
  static Stream create(std::shared_ptr<Device> device);
  /// The caller's stream (a CUstream of the device's primary context), to be kept alive as long as
  /// there are copies of the Stream, or tensors that were allocated on it.
  static Stream wrap(std::shared_ptr<Device> device, NativeStream native);
  /// The same stream, but with its tensors, ops' outputs and workspaces from `allocator`
  /// (tegula/allocator.h); null: from the device's own memory. Copies of the returned stream have
  /// the allocator too, `this` does not.
  Stream with_allocator(std::shared_ptr<Allocator> allocator) const;

  const std::shared_ptr<Device>& device() const { return device_; }
  NativeStream native() const { return native_; }
  /// Null: the device's own memory.
  const std::shared_ptr<Allocator>& allocator() const { return allocator_; }
  void synchronize() { device_->synchronize(native_); }
  bool is_capturing() const { return device_->is_capturing(native_); }
  /// Work that is given to this stream from this call on waits for the event; the host does not.
  /// The event may be of another GPU. Throws Error{invalid_argument} for an event that was not
  /// recorded, and where one of stream and event is a GPU's and the other the simulator's.
  void wait(const Event& event);
  /// An uninitialised row-major tensor on this stream's device, for work on this stream. If another
  /// stream B uses it, B must first wait for an event recorded on this stream after whatever writes
  /// it; and before the tensor is freed this stream must wait for an event recorded on B after B's
  /// use, since its memory then goes to this stream's next work.
  /// While the stream is capturing this throws Error{environment}, since the memory would belong to
  /// the graph; an allocator that serves captures can be called directly.
  Tensor empty(DType dtype, const Dims& shape);

 private:
  [[noreturn]] static void no_device();

  std::shared_ptr<Device> device_;
  NativeStream native_ = nullptr;
  std::shared_ptr<void> owner_;  ///< owns a stream that create() made
  std::shared_ptr<Allocator> allocator_;
};

}  // namespace tegula
#pragma GCC visibility pop
