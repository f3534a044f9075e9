// Where the memory of tensors comes from, if not from the device itself.
#pragma once

#include <cstddef>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

/// Memory for the tensors and workspaces of streams that were given this allocator
/// (Stream::with_allocator): a framework's caching allocator, a pool, a counter of bytes. Called by
/// every thread that uses such a stream, also while other calls are under way. Each stream and each
/// tensor keeps its allocator alive.
class Allocator {
 public:
  virtual ~Allocator() = default;

  /// Memory of `device` at a multiple of `alignment`, usable by the work that is given to `stream`
  /// (a CUstream of CUDA; null: the default stream) from now on. `bytes` is never 0. Null, or any
  /// exception, means that there is none: the call that needed it throws Error{out_of_resources},
  /// or the code of an Error thrown here.
  virtual void* allocate(Device& device, std::size_t bytes, NativeStream stream) = 0;
  /// Takes memory back, as it was asked for. Work that was given to `stream` before may still use
  /// it.
  virtual void deallocate(Device& device, void* data, std::size_t bytes,
                          NativeStream stream) noexcept = 0;
  /// Whether allocate() may be called while its stream is capturing a graph. What it returns then
  /// belongs to the graph: it must not be handed out for anything else as long as the graph may be
  /// replayed, even after it was taken back.
  virtual bool serves_captures() const { return false; }

  static constexpr std::size_t alignment = 256;  ///< bytes
};

}  // namespace tegula
#pragma GCC visibility pop
