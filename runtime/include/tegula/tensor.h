// Tensors: a TensorRef says where elements are and never owns them; a Tensor owns its memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "tegula/dtype.h"

#pragma GCC visibility push(default)
namespace tegula {

class Device;
class Stream;

/// Up to 8 extents or strides, held inline, so that passing one does not allocate.
class Dims {
 public:
  static constexpr std::size_t capacity = max_rank;

  Dims() = default;
  /// Throws Error{invalid_argument} beyond 8.
  Dims(std::initializer_list<std::int64_t> values)
      : Dims(std::span<const std::int64_t>(values.begin(), values.size())) {}
  explicit Dims(std::span<const std::int64_t> values) {
    if (values.size() > capacity) too_many(values.size());
    for (const std::int64_t value : values) values_[size_++] = value;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::int64_t operator[](std::size_t i) const { return values_[i]; }
  std::int64_t& operator[](std::size_t i) { return values_[i]; }
  std::int64_t back() const { return values_[size_ - 1]; }
  const std::int64_t* begin() const { return values_.data(); }
  const std::int64_t* end() const { return values_.data() + size_; }
  void push_back(std::int64_t value) {
    if (size_ == capacity) too_many(size_ + 1);
    values_[size_++] = value;
  }
  friend bool operator==(const Dims& a, const Dims& b) {
    return a.size_ == b.size_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  [[noreturn]] static void too_many(std::size_t count);

  std::array<std::int64_t, capacity> values_{};
  std::size_t size_ = 0;
};

/// "64x4096"; "scalar" for rank 0.
std::string to_string(const Dims& dims);
/// The product of the extents; throws Error{invalid_argument} if 8 times that overflows.
std::int64_t element_count(const Dims& shape);
/// Row-major strides, in elements.
Dims contiguous_strides(const Dims& shape);

/// Elements in some device's memory. Never owns; copy it freely. A null `data` is legal where an
/// extent is zero, and stands for "absent" where an argument is optional.
struct TensorRef {
  void* data = nullptr;
  DType dtype = DType::f32;
  Dims shape;
  Dims strides;  ///< in elements
  Device* device = nullptr;
  /// Nobody may write the memory: a kernel or a copy that would is an error.
  bool read_only = false;

  bool present() const { return device != nullptr; }
  std::size_t rank() const { return shape.size(); }
};

/// A row-major tensor on the caller's memory.
TensorRef contiguous(void* data, DType dtype, Dims shape, Device& device);

/// Owns device memory through a handle that copies share, or aliases somebody else's memory.
class Tensor {
 public:
  Tensor() = default;
  /// Row-major, uninitialised. Throws Error{out_of_resources} if the device has no room.
  static Tensor empty(const std::shared_ptr<Device>& device, DType dtype, const Dims& shape);
  /// The same, for work on this stream, from its allocator; for captures see Stream::empty.
  static Tensor empty(const Stream& stream, DType dtype, const Dims& shape);
  /// Refers to memory that the caller keeps alive: an op's output that is the caller's destination,
  /// or one of the inputs. It owns nothing, and is valid as long as that memory is.
  static Tensor alias(const TensorRef& ref);
  /// The same, of memory that this stream works on.
  static Tensor alias(const Stream& stream, const TensorRef& ref);
  /// The same for memory that `owner` keeps alive, for example a copy of the Tensor that owns it.
  /// `owner` is released with the last copy of this tensor.
  static Tensor adopt(const Stream& stream, const TensorRef& ref, std::shared_ptr<void> owner);

  const TensorRef& ref() const { return ref_; }
  operator const TensorRef&() const { return ref_; }
  /// False for an alias, whose memory somebody else must keep, and for a tensor without a device.
  bool owns_memory() const { return storage_.use_count() != 0; }
  void* data() const { return ref_.data; }
  DType dtype() const { return ref_.dtype; }
  const Dims& shape() const { return ref_.shape; }

  /// Between a host buffer and this (contiguous) tensor, on the stream that it was allocated on (an
  /// alias: the default stream); waits until done. Throws
  /// Error{invalid_argument} if `bytes` is not the tensor's size.
  void copy_from_host(const void* source, std::size_t bytes);
  void copy_to_host(void* target, std::size_t bytes) const;

 private:
  TensorRef ref_;
  void* stream_ = nullptr;  ///< native
  std::shared_ptr<void> storage_;
};

}  // namespace tegula
#pragma GCC visibility pop
