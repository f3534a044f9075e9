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
