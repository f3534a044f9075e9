// Memory of many GiB, for offsets beyond 31 and 32 bits.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "tegula/device.h"
#include "tegula/error.h"
#include "tegula/tensor.h"

namespace tegula::testing {

/// A GPU's memory, or the host's, of which the system commits only what is touched.
class FarMemory {
 public:
  FarMemory(Stream& stream, bool on_gpu, std::size_t bytes) : stream_(stream), bytes_(bytes) {
    if (on_gpu) {
      try {
        tensor_ = stream.empty(DType::u8, {static_cast<std::int64_t>(bytes)});
        data_ = tensor_.data();
      } catch (const Error&) {  // a GPU with less memory
      }
      return;
    }
    mapped_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ != MAP_FAILED) data_ = mapped_;
  }
  ~FarMemory() {
    if (mapped_ != MAP_FAILED) munmap(mapped_, bytes_);
  }
  FarMemory(const FarMemory&) = delete;
  FarMemory& operator=(const FarMemory&) = delete;
  bool ok() const { return data_ != nullptr; }
  std::byte* at(std::int64_t byte) const { return static_cast<std::byte*>(data_) + byte; }
  void write(std::int64_t byte, float value) const {
    part(byte, DType::f32, 1).copy_from_host(&value, sizeof value);
  }
  /// `count` elements that begin there.
  Tensor part(std::int64_t byte, DType dtype, std::int64_t count) const {
    return Tensor::alias(stream_, contiguous(at(byte), dtype, {count}, *stream_.device()));
  }

 private:
  Stream& stream_;
  Tensor tensor_;
  void* mapped_ = MAP_FAILED;
  void* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace tegula::testing
