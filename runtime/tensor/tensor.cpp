#include "tegula/tensor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/tensor/allocation.h"
#include "tegula/device.h"
#include "tegula/error.h"

namespace tegula {
namespace {

[[noreturn]] void invalid(ErrorDetails details) {
  throw Error(ErrorCode::invalid_argument, std::move(details));
}

std::size_t byte_count(const TensorRef& ref) {
  // element_count() leaves room for elements of eight bytes, so this cannot overflow.
  return static_cast<std::size_t>(element_count(ref.shape)) *
         static_cast<std::size_t>(dtype_bytes(ref.dtype));
}

bool is_contiguous(const TensorRef& ref) {
  const Dims wanted = contiguous_strides(ref.shape);
  for (std::size_t d = 0; d < ref.rank(); ++d)
    if (ref.shape[d] != 1 && ref.strides[d] != wanted[d]) return false;
  return true;
}

/// Checks a tensor for both kinds of copy. `call` names the copy in messages.
void check_copy(const TensorRef& ref, std::size_t bytes, std::string_view call) {
  if (ref.device == nullptr)
    invalid({.where = std::string(call), .argument = "this", .problem = "the tensor is empty"});
  if (bytes != byte_count(ref))
    invalid({.where = std::string(call),
             .argument = "bytes",
             .problem = "not the size of the tensor",
             .got = fmt::format("{} bytes", bytes),
             .wanted = fmt::format("{} bytes for {}:{}", byte_count(ref), to_string(ref.shape),
                                   dtype_name(ref.dtype))});
  if (!is_contiguous(ref))
    invalid({.where = std::string(call),
             .argument = "this",
             .problem = "only a contiguous tensor can be copied",
             .got = fmt::format("strides {}", to_string(ref.strides)),
             .wanted = to_string(contiguous_strides(ref.shape))});
}

/// Checks the host's memory, `argument`.
void check_host(std::string_view call, const char* argument, const void* data, std::size_t bytes) {
  if (data == nullptr && bytes > 0)
    invalid({.where = std::string(call),
             .argument = argument,
             .problem = "a null pointer",
             .got = "null",
             .wanted = fmt::format("memory of {} bytes", bytes)});
}

}  // namespace

void Dims::too_many(std::size_t count) {
  invalid({.argument = "dims",
           .problem = "too many dimensions",
           .got = std::to_string(count),
           .wanted = fmt::format("at most {}", capacity)});
}

std::string to_string(const Dims& dims) {
  return dims.empty() ? "scalar" : fmt::format("{}", fmt::join(dims.begin(), dims.end(), "x"));
}

namespace {

/// element_count() of a shape that has a zero extent or is an error.
std::int64_t unusual_element_count(const Dims& shape) {
  for (const std::int64_t extent : shape)
    if (extent < 0)
      invalid({.argument = "shape",
               .problem = "a negative extent",
               .got = to_string(shape),
               .wanted = "extents of 0 or more"});
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  invalid({.argument = "shape",
           .problem = "the size in bytes does not fit 64 bits",
           .got = to_string(shape),
           .wanted = "fewer than 2^60 elements"});
}

}  // namespace

std::int64_t element_count(const Dims& shape) {
  constexpr std::int64_t limit = std::int64_t{1} << 60;
  std::int64_t count = 1;
  bool usual = true;
  for (const std::int64_t extent : shape)
    usual = usual && extent > 0 && !__builtin_mul_overflow(count, extent, &count);
  return usual && count < limit ? count : unusual_element_count(shape);
}

Dims contiguous_strides(const Dims& shape) {
  element_count(shape);  // for its checks
  Dims strides = shape;
  std::int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    strides[d] = stride;
    // An extent of zero counts as one here, so that the other strides stay meaningful.
    if (__builtin_mul_overflow(stride, std::max<std::int64_t>(shape[d], 1), &stride))
      invalid({.argument = "shape",
               .problem = "a stride does not fit 64 bits",
               .got = to_string(shape),
               .wanted = "extents whose product is below 2^63"});
  }
  return strides;
}

TensorRef contiguous(void* data, DType dtype, Dims shape, Device& device) {
  const Dims strides = contiguous_strides(shape);
  return {data, dtype, shape, strides, &device};
}

Tensor Tensor::empty(const std::shared_ptr<Device>& device, DType dtype, const Dims& shape) {
  if (device == nullptr)
    invalid({.where = "Tensor::empty", .argument = "device", .problem = "no device is given"});
  return empty(Stream(device), dtype, shape);
}

Tensor Tensor::empty(const Stream& stream, DType dtype, const Dims& shape) {
  if (stream.allocator() == nullptr && stream.is_capturing())
    throw Error(ErrorCode::environment,
                {.where = stream.device()->name(),
                 .argument = "stream",
                 .problem = "a tensor cannot be allocated while the stream is capturing a graph",
                 .hint = "allocate it before the capture, and give it to the op as a destination"});
  Tensor tensor;
  tensor.stream_ = stream.native();
  tensor.ref_ = contiguous(nullptr, dtype, shape, *stream.device());
  // The handle keeps device and stream alive: a tensor may outlive all their other owners.
  if (const std::size_t bytes = byte_count(tensor.ref_); bytes > 0)
    tensor.storage_ = runtime::allocate(stream, bytes);
  else
    tensor.storage_ = std::shared_ptr<void>(stream.device(), nullptr);
  tensor.ref_.data = tensor.storage_.get();
  return tensor;
}

Tensor Tensor::alias(const TensorRef& ref) {
  Tensor tensor;
  tensor.ref_ = ref;
  return tensor;
}

Tensor Tensor::alias(const Stream& stream, const TensorRef& ref) {
  Tensor tensor = alias(ref);
  tensor.stream_ = stream.native();
  return tensor;
}

Tensor Tensor::adopt(const Stream& stream, const TensorRef& ref, std::shared_ptr<void> owner) {
  // The handle keeps the device alive as well, as for memory that we allocated.
  using Handle = std::pair<Stream, std::shared_ptr<void>>;
  Tensor tensor = alias(stream, ref);
  tensor.storage_ = std::make_shared<Handle>(stream, std::move(owner));
  return tensor;
}

void Tensor::copy_from_host(const void* source, std::size_t bytes) {
  check_copy(ref_, bytes, "Tensor::copy_from_host");
  if (ref_.read_only)
    invalid({.where = "Tensor::copy_from_host",
             .argument = "this",
             .problem = "the tensor may only be read"});
  check_host("Tensor::copy_from_host", "source", source, bytes);
  if (bytes > 0) ref_.device->copy_to_device(ref_.data, source, bytes, stream_);
}

void Tensor::copy_to_host(void* target, std::size_t bytes) const {
  check_copy(ref_, bytes, "Tensor::copy_to_host");
  check_host("Tensor::copy_to_host", "target", target, bytes);
  if (bytes > 0) ref_.device->copy_to_host(target, ref_.data, bytes, stream_);
}

}  // namespace tegula
