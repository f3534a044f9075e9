// Allocators: memory for tensors that does not come from the device itself.
#pragma once

#include <cstddef>

#include "tegula/device.h"

#pragma GCC visibility push(default)
namespace tegula {

/// Memory for the tensors and workspaces of streams that have this allocator
/// (Stream::with_allocator): a framework's caching allocator, a pool, a counter of bytes. Every
/// thread that uses such a stream calls it, several at once if need be. Each stream and each tensor
/// keeps its allocator alive.
class Allocator {
 public:
  virtual ~Allocator() = default;

  /// Memory of `device` at a multiple of `alignment`, for work that is given to `stream` (a
  /// CUstream of CUDA; null: the default stream) from this call on. `bytes` is never 0. Null, or
  /// any exception, means that there is none: the call that needed it then throws
  /// Error{out_of_resources}, or the code of an Error thrown here.
  virtual void* allocate(Device& device, std::size_t bytes, NativeStream stream) = 0;
  /// Frees memory; the arguments are those of its allocate(). Work that was given to `stream`
  /// before may still use it.
  virtual void deallocate(Device& device, void* data, std::size_t bytes,
                          NativeStream stream) noexcept = 0;
  /// Whether allocate() may be called while its stream is capturing a graph. What it returns then
  /// belongs to the graph: it must not be used for anything else as long as the graph may be
  /// replayed, even after it was freed.
  virtual bool serves_captures() const { return false; }

  static constexpr std::size_t alignment = 256;  ///< bytes
};

}  // namespace tegula
#pragma GCC visibility pop
