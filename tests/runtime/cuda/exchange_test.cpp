// Memory that is not the device's own: tensors through DLPack, allocators of the caller's.
#include "runtime/dlpack/dlpack_abi.h"
#include "tegula/allocator.h"
#include "tegula/dlpack.h"
#include "tests/runtime/cuda/cuda_fixture.h"
#include "tests/runtime/dlpack/dlpack_producer.h"

namespace tegula::testing {
namespace {

using dlpack::DeviceType;
using tegula::testing::Producer;
using CudaExchange = Cuda;

const dlpack::DataType float32 = {dlpack::TypeCode::ieee_float, 32};

TEST_F(CudaExchange, TensorsOfTheirDevice) {
  Stream stream(open_device("cuda:1"));
  Producer producer(float32, {5, 96});
  const auto lent = [&](DeviceType type, int id) {
    producer.view.device = {type, id};
    return from_dlpack(producer.versioned(), stream);
  };
  const Tensor own = lent(DeviceType::cuda, 1);
  call(stream, own, stream.empty(f32, {5, 96}));
  EXPECT_EQ(fake.launches.at(0).first_parameters.at(0), static_cast<void*>(producer.memory));
  EXPECT_EQ(lent(DeviceType::cuda_host, 0).data(), own.data());
  EXPECT_EQ(lent(DeviceType::cuda_managed, 0).data(), own.data());
  EXPECT_EQ(producer.deleted, 2);
  const char* problem = "from_dlpack: error: tensor: the tensor lies where the stream's device has";
  expect_error(ErrorCode::invalid_argument, {problem, "kDLCUDA, number 0", "memory of cuda:1"},
               [&] { lent(DeviceType::cuda, 0); });
  expect_error(ErrorCode::invalid_argument, {problem, "kDLCPU", "copy it there"},
               [&] { lent(DeviceType::cpu, 0); });
  EXPECT_EQ(producer.deleted, 4);
}

TEST_F(CudaExchange, OutWithTheDevicesNumber) {
  dlpack::Managed* managed = nullptr;
  {
    const Tensor tensor = Stream(open_device("cuda:1")).empty(bf16, {3});
    managed = reinterpret_cast<dlpack::Managed*>(to_dlpack(tensor));
  }
  EXPECT_EQ(managed->tensor.device.type, DeviceType::cuda);
  EXPECT_EQ(managed->tensor.device.id, 1);
  EXPECT_EQ(fake.memory.size(), 1U);
  managed->deleter(managed);
  EXPECT_TRUE(fake.memory.empty());
}

/// Memory of the driver's, in its plain form, and on which streams it was asked for.
class PlainAllocator : public Allocator {
 public:
  void* allocate(Device& device, std::size_t bytes, NativeStream stream) override {
    streams.push_back(stream);
    return device.allocate(bytes, stream);
  }
  void deallocate(Device& device, void* data, std::size_t, NativeStream stream) noexcept override {
    streams.push_back(stream);
    device.deallocate(data, stream);
  }
  bool serves_captures() const override { return for_graphs; }
  bool for_graphs = false;
  std::vector<void*> streams;
};

TEST_F(CudaExchange, AnAllocatorSeesTheStream) {
  auto allocator = std::make_shared<PlainAllocator>();
  void* native = nullptr;
  {
    Stream stream = Stream::create(open_device("cuda:0")).with_allocator(allocator);
    native = stream.native();
    const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
    call(stream, x, y);
    fake.capturing.insert(native);
    call(stream, y, x);  // allocates nothing
    expect_error(ErrorCode::environment, {"cuda:0: error: stream: ", "capturing a graph"},
                 [&] { stream.empty(f32, {4}); });
    allocator->for_graphs = true;
    stream.empty(f32, {4});
    fake.capturing.clear();
  }
  EXPECT_EQ(allocator->streams, std::vector<void*>(6, native));
  EXPECT_TRUE(fake.memory.empty());
  EXPECT_TRUE(fake.streams.empty()) << "the tensors kept their stream, and then let it go";
}

}  // namespace
}  // namespace tegula::testing
