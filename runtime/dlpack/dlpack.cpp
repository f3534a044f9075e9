#include "tegula/dlpack.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "runtime/device/device_name.h"
#include "runtime/dlpack/dlpack_abi.h"
#include "runtime/tensor/checks.h"
#include "runtime/tensor/hull.h"

namespace tegula {
namespace {

using dlpack::DataType;
using dlpack::DeviceType;
using dlpack::Managed;
using dlpack::ManagedVersioned;
using dlpack::TypeCode;

/// Every dtype, in the order of DType.
constexpr std::array<DataType, dtype_count> data_types = {{
    {TypeCode::ieee_float, 16},
    {TypeCode::bfloat, 16},
    {TypeCode::ieee_float, 32},
    {TypeCode::ieee_float, 64},
    {TypeCode::boolean, 8},
    {TypeCode::signed_integer, 8},
    {TypeCode::signed_integer, 16},
    {TypeCode::signed_integer, 32},
    {TypeCode::signed_integer, 64},
    {TypeCode::unsigned_integer, 8},
    {TypeCode::unsigned_integer, 16},
    {TypeCode::unsigned_integer, 32},
    {TypeCode::unsigned_integer, 64},
    {TypeCode::float8_e4m3fn, 8},
    {TypeCode::float8_e5m2, 8},
}};

[[noreturn]] void refuse(ErrorCode code, std::string argument, std::string problem, std::string got,
                         std::string wanted = {}, std::string hint = {}) {
  throw Error(code, {.where = "from_dlpack",
                     .argument = std::move(argument),
                     .problem = std::move(problem),
                     .got = std::move(got),
                     .wanted = std::move(wanted),
                     .hint = std::move(hint)});
}

DType dtype_of(const DataType& type) {
  for (std::size_t k = 0; k < data_types.size(); ++k)
    if (data_types[k] == type) return static_cast<DType>(k);
  refuse(
      ErrorCode::unsupported, "dtype", "no dtype of Tegula's",
      fmt::format("code {}, {} bits, {} lanes", static_cast<int>(type.code), type.bits, type.lanes),
      "an integer, a float, a bfloat16, a float8 (e4m3fn, e5m2) or a bool, of one lane");
}

std::string text_of(const dlpack::Device& device) {
  switch (device.type) {
    case DeviceType::cpu:
      return "kDLCPU";
    case DeviceType::cuda:
      return fmt::format("kDLCUDA, number {}", device.id);
    case DeviceType::cuda_host:
      return "kDLCUDAHost";
    case DeviceType::cuda_managed:
      return "kDLCUDAManaged";
  }
  return fmt::format("device type {}, number {}", static_cast<int>(device.type), device.id);
}

/// What DLPack calls a device; nothing if it has no name for it.
std::optional<dlpack::Device> device_of(const Device& device) {
  if (device.target().backend == Target::Backend::sim) return dlpack::Device{DeviceType::cpu, 0};
  const int ordinal = runtime::cuda_ordinal(device.name());
  if (ordinal < 0) return std::nullopt;
  return dlpack::Device{DeviceType::cuda, ordinal};
}

void check_device(const dlpack::Device& device, const Device& wanted) {
  const auto known = device_of(wanted);
  const bool cuda = known && known->type == DeviceType::cuda;
  switch (device.type) {
    case DeviceType::cpu:
      if (known && known->type == DeviceType::cpu) return;
      break;
    case DeviceType::cuda:
      if (cuda && known->id == device.id) return;
      break;
    case DeviceType::cuda_host:
    case DeviceType::cuda_managed:
      if (cuda) return;
      break;
  }
  refuse(ErrorCode::invalid_argument, "tensor",
         "the tensor lies where the stream's device has no memory", text_of(device),
         "memory of " + wanted.name(),
         "copy it there, or give a stream of the device that it lies on");
}

TensorRef ref_of(const dlpack::TensorView& tensor, Device& device) {
  check_device(tensor.device, device);
  TensorRef ref;
  ref.device = &device;
  ref.dtype = dtype_of(tensor.dtype);
  if (tensor.rank < 0 || static_cast<std::size_t>(tensor.rank) > Dims::capacity)
    refuse(ErrorCode::invalid_argument, "ndim", "the number of dimensions is out of range",
           std::to_string(tensor.rank), fmt::format("0 to {}", Dims::capacity));
  const auto rank = static_cast<std::size_t>(tensor.rank);
  if (rank > 0 && tensor.shape == nullptr)
    refuse(ErrorCode::invalid_argument, "shape", "a null pointer", "null",
           fmt::format("{} extents", rank));
  if (rank > 0) ref.shape = Dims(std::span<const std::int64_t>(tensor.shape, rank));
  ref.strides = contiguous_strides(ref.shape);  // checks the shape
  if (rank > 0 && tensor.strides != nullptr)
    ref.strides = Dims(std::span<const std::int64_t>(tensor.strides, rank));
  auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
  if (element_count(ref.shape) != 0 && tensor.data != nullptr &&
      __builtin_add_overflow(address, tensor.byte_offset, &address))
    refuse(ErrorCode::invalid_argument, "byte_offset", "beyond the address space",
           std::to_string(tensor.byte_offset));
  ref.data = reinterpret_cast<void*>(address);
  runtime::check_memory("from_dlpack", "tensor", ref, device);
  runtime::hull(ref, "tensor");
  return ref;
}

/// Calls the deleter with the last copy of it.
template <class M>
std::shared_ptr<void> take_over(M* managed) {
  if (managed == nullptr)
    refuse(ErrorCode::invalid_argument, "managed", "a null pointer", "null", "a tensor");
  return {managed, [](M* done) {
            if (done->deleter != nullptr) done->deleter(done);
          }};
}

/// What the consumer of one of our tensors holds.
template <class M>
struct Exported {
  M managed;
  Tensor tensor;
  Dims shape, strides;
};

template <class M>
M* hand_over(const Tensor& tensor, const char* where) {
  const auto invalid = [&](std::string problem, std::string got = {}, std::string wanted = {},
                           std::string hint = {}) {
    throw Error(ErrorCode::invalid_argument, {.where = where,
                                              .argument = "tensor",
                                              .problem = std::move(problem),
                                              .got = std::move(got),
                                              .wanted = std::move(wanted),
                                              .hint = std::move(hint)});
  };
  const TensorRef& ref = tensor.ref();
  if (!ref.present()) invalid("the tensor is empty");
  if (!tensor.owns_memory())
    invalid(
        "nothing would keep its memory for the consumer", "an alias of memory of another owner",
        "a tensor that owns its memory",
        "export the owner's tensor (the destination that was given; of a residual_out that is x, "
        "x), or share it: Tensor::adopt(stream, alias, owner)");
  const auto device = device_of(*ref.device);
  if (!device)
    invalid("DLPack has no name for the tensor's device", ref.device->name(),
            "cuda:N or the simulator");
  if (std::is_same_v<M, Managed> && ref.read_only)
    invalid("the tensor may only be read, which this form cannot say", "", "to_dlpack_versioned()");
  auto* exported = new Exported<M>{{}, tensor, ref.shape, ref.strides};
  dlpack::TensorView& view = exported->managed.tensor;
  view.data = ref.data;
  view.device = *device;
  view.rank = static_cast<std::int32_t>(ref.rank());
  view.dtype = data_types[static_cast<std::size_t>(ref.dtype)];
  view.shape = ref.rank() > 0 ? &exported->shape[0] : nullptr;
  view.strides = ref.rank() > 0 ? &exported->strides[0] : nullptr;
  exported->managed.context = exported;
  exported->managed.deleter = [](M* done) { delete static_cast<Exported<M>*>(done->context); };
  return &exported->managed;
}

}  // namespace

Tensor from_dlpack(DLManagedTensor* managed, const Stream& stream) {
  auto* tensor = reinterpret_cast<Managed*>(managed);
  const std::shared_ptr<void> owner = take_over(tensor);
  return Tensor::adopt(stream, ref_of(tensor->tensor, *stream.device()), owner);
}

Tensor from_dlpack(DLManagedTensorVersioned* managed, const Stream& stream) {
  auto* tensor = reinterpret_cast<ManagedVersioned*>(managed);
  const std::shared_ptr<void> owner = take_over(tensor);
  if (tensor->major != dlpack::major_version)
    refuse(ErrorCode::unsupported, "version", "another major version of DLPack",
           fmt::format("{}.{}", tensor->major, tensor->minor),
           fmt::format("{}.*", dlpack::major_version));
  TensorRef ref = ref_of(tensor->tensor, *stream.device());
  ref.read_only = (tensor->flags & dlpack::read_only_flag) != 0;
  return Tensor::adopt(stream, ref, owner);
}

DLManagedTensor* to_dlpack(const Tensor& tensor) {
  return reinterpret_cast<DLManagedTensor*>(hand_over<Managed>(tensor, "to_dlpack"));
}

DLManagedTensorVersioned* to_dlpack_versioned(const Tensor& tensor) {
  auto* managed = hand_over<ManagedVersioned>(tensor, "to_dlpack_versioned");
  if (tensor.ref().read_only) managed->flags = dlpack::read_only_flag;
  return reinterpret_cast<DLManagedTensorVersioned*>(managed);
}

}  // namespace tegula
