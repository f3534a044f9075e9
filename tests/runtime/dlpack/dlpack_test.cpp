// Tensors to and from other libraries.
#include "tegula/dlpack.h"

#include <cstring>
#include <limits>

#include "runtime/dlpack/dlpack_abi.h"
#include "tegula/simulator.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/dlpack/dlpack_producer.h"
#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using dlpack::DataType;
using dlpack::DeviceType;
using dlpack::Managed;
using dlpack::ManagedVersioned;
using dlpack::TensorView;
using dlpack::TypeCode;
using testing::expect_error;
using testing::invalid;
using testing::Producer;

const DataType float32 = {TypeCode::ieee_float, 32};

class Dlpack : public ::testing::Test {
 protected:
  /// Expects from_dlpack to refuse what `change` makes of a sound tensor, and to give it back.
  template <class Change>
  void refused(ErrorCode code, std::initializer_list<const char*> parts, const Change& change) {
    Producer producer(float32, {4, 6});
    change(producer);
    expect_error(code, parts, [&] { from_dlpack(producer.managed(), stream); });
    EXPECT_EQ(producer.deleted, 1);
    producer.deleted = 0;
    expect_error(code, parts, [&] { from_dlpack(producer.versioned(), stream); });
    EXPECT_EQ(producer.deleted, 1);
  }

  Stream stream{make_sim_device("sm_80")};
};

TEST_F(Dlpack, ATensorOfTheHostIsTheSimulators) {
  Producer producer(float32, {4, 6});
  {
    const Tensor tensor = from_dlpack(producer.managed(), stream);
    const Tensor copy = tensor;
    EXPECT_EQ(tensor.data(), producer.memory);
    EXPECT_EQ(tensor.dtype(), f32);
    EXPECT_EQ(tensor.shape(), (Dims{4, 6}));
    EXPECT_EQ(tensor.ref().strides, (Dims{6, 1}));
    EXPECT_EQ(tensor.ref().device, stream.device().get());
    EXPECT_FALSE(tensor.ref().read_only);
    EXPECT_EQ(producer.deleted, 0);
  }
  EXPECT_EQ(producer.deleted, 1);
}

TEST_F(Dlpack, StridesAndOffsetAreKept) {
  Producer producer(float32, {4, 6});
  producer.strides = {1, -4};
  producer.view.strides = producer.strides.data();
  producer.view.byte_offset = 80;
  const Tensor tensor = from_dlpack(producer.versioned(), stream);
  EXPECT_EQ(tensor.data(), producer.memory + 80);
  EXPECT_EQ(tensor.ref().strides, (Dims{1, -4}));
}

TEST_F(Dlpack, AScalarAndNothingAtAll) {
  Producer scalar(float32, {});
  scalar.view.shape = nullptr;
  EXPECT_EQ(from_dlpack(scalar.managed(), stream).shape(), Dims());
  Producer empty(float32, {0, 6});
  empty.view.data = nullptr;
  empty.view.byte_offset = 12;
  const Tensor tensor = from_dlpack(empty.managed(), stream);
  EXPECT_EQ(tensor.data(), nullptr);
  EXPECT_EQ(tensor.shape(), (Dims{0, 6}));
}

TEST_F(Dlpack, EveryDtypeThereAndBack) {
  constexpr std::pair<int, int> codes[dtype_count] = {{2, 16}, {4, 16}, {2, 32}, {2, 64}, {6, 8},
                                                      {0, 8},  {0, 16}, {0, 32}, {0, 64}, {1, 8},
                                                      {1, 16}, {1, 32}, {1, 64}, {10, 8}, {12, 8}};
  for (int k = 0; k < dtype_count; ++k) {
    const auto dtype = static_cast<DType>(k);
    DLManagedTensor* out = to_dlpack(stream.empty(dtype, {3}));
    const DataType type = reinterpret_cast<Managed*>(out)->tensor.dtype;
    EXPECT_EQ(static_cast<int>(type.code), codes[k].first) << dtype_name(dtype);
    EXPECT_EQ(type.bits, codes[k].second) << dtype_name(dtype);
    EXPECT_EQ(type.lanes, 1);
    EXPECT_EQ(from_dlpack(out, stream).dtype(), dtype);
  }
}

TEST_F(Dlpack, DtypesThatAreNotTegulas) {
  constexpr auto unsupported = ErrorCode::unsupported;
  refused(unsupported, {"from_dlpack: error: dtype: no dtype", "code 5, 64 bits, 1 lanes"},
          [](Producer& p) {
            p.view.dtype = {static_cast<TypeCode>(5), 64};
          });
  refused(unsupported, {"code 2, 32 bits, 4 lanes", "of one lane"},
          [](Producer& p) { p.view.dtype.lanes = 4; });
  refused(unsupported, {"code 1, 4 bits"}, [](Producer& p) {
    p.view.dtype = {TypeCode::unsigned_integer, 4};
  });
  // float8_e4m3 with infinities, which is not what GPUs compute with.
  refused(unsupported, {"code 8, 8 bits", "e4m3fn"}, [](Producer& p) {
    p.view.dtype = {static_cast<TypeCode>(8), 8};
  });
}

TEST_F(Dlpack, WhatNoTensorIs) {
  refused(invalid, {"from_dlpack: error: ndim: the number of dimensions", "got 9", "0 to 8"},
          [](Producer& p) { p.view.rank = 9; });
  refused(invalid, {"ndim", "got -1"}, [](Producer& p) { p.view.rank = -1; });
  refused(invalid, {"shape: a null pointer", "2 extents"},
          [](Producer& p) { p.view.shape = nullptr; });
  refused(invalid, {"shape: a negative extent", "4x-6"}, [](Producer& p) { p.shape[1] = -6; });
  refused(invalid, {"shape", "64 bits"},
          [](Producer& p) { p.shape[0] = std::numeric_limits<std::int64_t>::max(); });
  refused(invalid, {"tensor: a null pointer", "memory for 4x6:f32"},
          [](Producer& p) { p.view.data = nullptr; });
  refused(invalid, {"tensor: the pointer is not aligned to an element", "2 modulo 4"},
          [](Producer& p) { p.view.byte_offset = 2; });
  refused(invalid, {"byte_offset: beyond the address space"},
          [](Producer& p) { p.view.byte_offset = ~std::uint64_t{0}; });
  refused(invalid, {"tensor: the tensor reaches beyond the address space"}, [](Producer& p) {
    p.strides = {std::int64_t{1} << 62, 1};
    p.view.strides = p.strides.data();
  });
  expect_error(invalid, {"from_dlpack: error: managed: a null pointer"},
               [&] { from_dlpack(static_cast<DLManagedTensor*>(nullptr), stream); });
  expect_error(invalid, {"from_dlpack: error: managed: a null pointer"},
               [&] { from_dlpack(static_cast<DLManagedTensorVersioned*>(nullptr), stream); });
}

TEST_F(Dlpack, AnotherDevice) {
  const auto at = [](DeviceType type, int id) {
    return [=](Producer& p) { p.view.device = {type, id}; };
  };
  const char* problem = "tensor: the tensor lies where the stream's device has no memory";
  refused(invalid, {problem, "kDLCUDA, number 1", "memory of sim:sm_80", "copy it there"},
          at(DeviceType::cuda, 1));
  refused(invalid, {problem, "kDLCUDAHost"}, at(DeviceType::cuda_host, 0));
  refused(invalid, {problem, "kDLCUDAManaged"}, at(DeviceType::cuda_managed, 0));
  refused(invalid, {problem, "device type 10, number 2"}, at(static_cast<DeviceType>(10), 2));
}

TEST_F(Dlpack, AnotherMajorVersionIsGivenBack) {
  Producer producer(float32, {4, 6});
  DLManagedTensorVersioned* managed = producer.versioned();
  reinterpret_cast<ManagedVersioned*>(managed)->major = 2;
  reinterpret_cast<ManagedVersioned*>(managed)->minor = 1;
  producer.view.data = nullptr;
  expect_error(
      ErrorCode::unsupported,
      {"from_dlpack: error: version: another major version of DLPack", "got 2.1", "wanted 1.*"},
      [&] { from_dlpack(managed, stream); });
  EXPECT_EQ(producer.deleted, 1);
  managed = producer.versioned();
  reinterpret_cast<ManagedVersioned*>(managed)->minor = 99;
  reinterpret_cast<ManagedVersioned*>(managed)->tensor.data = producer.memory;
  EXPECT_EQ(from_dlpack(managed, stream).shape(), (Dims{4, 6})) << "a later minor one is fine";
}

TEST_F(Dlpack, WithoutADeleter) {
  Producer producer(float32, {4, 6});
  DLManagedTensor* managed = producer.managed();
  reinterpret_cast<Managed*>(managed)->deleter = nullptr;
  EXPECT_EQ(from_dlpack(managed, stream).shape(), (Dims{4, 6}));
  EXPECT_EQ(producer.deleted, 0);
}

TEST_F(Dlpack, ReadOnlyIsKept) {
  Producer producer(float32, {4, 6});
  DLManagedTensorVersioned* managed = producer.versioned();
  reinterpret_cast<ManagedVersioned*>(managed)->flags = 1;
  Tensor tensor = from_dlpack(managed, stream);
  EXPECT_TRUE(tensor.ref().read_only);
  float values[24] = {};
  tensor.copy_to_host(values, sizeof values);
  expect_error(invalid, {"Tensor::copy_from_host: error: this: the tensor may only be read"},
               [&] { tensor.copy_from_host(values, sizeof values); });
  expect_error(invalid,
               {"to_dlpack: error: tensor: the tensor may only be read, which this form cannot "
                "say (wanted to_dlpack_versioned())"},
               [&] { to_dlpack(tensor); });
  DLManagedTensorVersioned* again = to_dlpack_versioned(tensor);
  EXPECT_EQ(reinterpret_cast<ManagedVersioned*>(again)->flags, 1U);
  EXPECT_TRUE(from_dlpack(again, stream).ref().read_only);
}

TEST_F(Dlpack, AKernelMayNotWriteWhatIsReadOnly) {
  const auto device = std::make_shared<testing::FakeDevice>();
  Stream fake(device);
  const runtime::ReadyKernel kernel = testing::copy_kernel(*device);
  const Tensor x = fake.empty(f32, {8, 4}), y = fake.empty(f32, {8, 4});
  TensorRef source = x.ref(), target = y.ref();
  source.read_only = true;
  runtime::launch(fake, kernel, std::vector<KernelArgument>{source, TensorRef(), target, 2.0f});
  target.read_only = true;
  expect_error(invalid,
               {"copy: error: y: the kernel writes a tensor that may only be read (got 8x4:f32, "
                "read-only"},
               [&] {
                 runtime::launch(fake, kernel,
                                 std::vector<KernelArgument>{source, TensorRef(), target, 2.0f});
               });
}

TEST_F(Dlpack, OutKeepsTheTensor) {
  const auto device = std::make_shared<testing::FakeDevice>();
  ManagedVersioned* managed = nullptr;
  {
    Tensor tensor = Stream(device).empty(bf16, {3, 5});
    managed = reinterpret_cast<ManagedVersioned*>(to_dlpack_versioned(tensor));
    EXPECT_EQ(managed->tensor.data, tensor.data());
  }
  EXPECT_EQ(device->live, 1);
  EXPECT_EQ(managed->major, 1U);
  EXPECT_EQ(managed->minor, 1U) << "the one that 8-bit floats came with";
  EXPECT_EQ(managed->flags, 0U);
  const TensorView& view = managed->tensor;
  EXPECT_EQ(view.device.type, DeviceType::cpu);
  EXPECT_EQ(view.device.id, 0);
  EXPECT_EQ(view.rank, 2);
  EXPECT_EQ(view.dtype, (DataType{TypeCode::bfloat, 16}));
  EXPECT_EQ(Dims(std::span<const std::int64_t>(view.shape, 2)), (Dims{3, 5}));
  EXPECT_EQ(Dims(std::span<const std::int64_t>(view.strides, 2)), (Dims{5, 1}));
  EXPECT_EQ(view.byte_offset, 0U);
  managed->deleter(managed);
  EXPECT_EQ(device->live, 0);
}

TEST_F(Dlpack, OutOfNothing) {
  expect_error(invalid, {"to_dlpack: error: tensor: the tensor is empty"},
               [] { to_dlpack(Tensor()); });
  expect_error(invalid, {"to_dlpack_versioned: error: tensor: the tensor is empty"},
               [] { to_dlpack_versioned(Tensor()); });
}

TEST_F(Dlpack, OutOfAnAlias) {
  const auto device = std::make_shared<testing::FakeDevice>();
  Stream on(device);
  Managed* managed = nullptr;
  {
    Tensor tensor = on.empty(f32, {4});
    const Tensor alias = Tensor::alias(on, tensor);
    EXPECT_TRUE(tensor.owns_memory());
    EXPECT_FALSE(alias.owns_memory());
    EXPECT_FALSE(Tensor().owns_memory());
    EXPECT_TRUE(on.empty(f32, {0}).owns_memory());
    expect_error(
        invalid,
        {"to_dlpack: error: tensor: nothing would keep its memory for the consumer (got an "
         "alias of memory of another owner; wanted a tensor that owns its memory)"},
        [&] { to_dlpack(alias); });
    managed = reinterpret_cast<Managed*>(
        to_dlpack(Tensor::adopt(on, alias, std::make_shared<Tensor>(tensor))));
  }
  EXPECT_EQ(device->live, 1) << "the tensor that is shared";
  managed->deleter(managed);
  EXPECT_EQ(device->live, 0);
}

/// What came in goes out again; both producers' deleters are called, in order.
TEST_F(Dlpack, ThroughAndThrough) {
  Producer producer(float32, {4, 6});
  auto* managed = reinterpret_cast<Managed*>(to_dlpack(from_dlpack(producer.versioned(), stream)));
  EXPECT_EQ(managed->tensor.data, producer.memory);
  EXPECT_EQ(producer.deleted, 0);
  managed->deleter(managed);
  EXPECT_EQ(producer.deleted, 1);
}

TEST_F(Dlpack, TheDeviceLivesAsLongAsTheTensor) {
  Producer producer(float32, {4, 6});
  std::weak_ptr<Device> alive;
  Tensor tensor;
  {
    const auto device = make_sim_device("sm_80");
    alive = device;
    tensor = from_dlpack(producer.managed(), Stream(device));
  }
  EXPECT_FALSE(alive.expired());
  float values[24];
  tensor.copy_to_host(values, sizeof values);
  tensor = Tensor();
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace tegula
