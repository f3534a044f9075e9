#include <bit>

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::runtime {
namespace {

using tegula::testing::copy_kernel;
using tegula::testing::expect_error;
using tegula::testing::invalid;
using tegula::testing::FakeDevice;
using tegula::testing::FakeLaunch;

class Launch : public ::testing::Test {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  ReadyKernel kernel = copy_kernel(*device);
  Tensor x = stream.empty(DType::f32, {10, 8});
  Tensor y = stream.empty(DType::f32, {10, 8});
  std::vector<KernelArgument> arguments = {x.ref(), TensorRef{}, y.ref(), 2.5F};

  void go() { launch(stream, kernel, arguments); }
  TensorRef& tensor(std::size_t i) { return arguments[i].tensor; }
};

TEST_F(Launch, PacksParametersAndRanges) {
  tensor(0).strides = {6, 1};
  go();
  ASSERT_EQ(device->launches.size(), 1U);
  const FakeLaunch& launch = device->launches[0];
  EXPECT_EQ(launch.grid, (std::array<std::uint32_t, 3>{3, 1, 1}));
  EXPECT_EQ(launch.threads, 128U);
  EXPECT_EQ(launch.dynamic_shared, 1024U);
  const auto begin = reinterpret_cast<std::uintptr_t>(x.data());
  EXPECT_EQ(launch.parameters,
            (std::vector<std::uint64_t>{begin, 10, 6, reinterpret_cast<std::uintptr_t>(y.data()),
                                        std::bit_cast<std::uint32_t>(2.5F)}));
  ASSERT_EQ(launch.arguments.size(), 2U) << "tensors alone, and only those present";
  EXPECT_EQ(launch.arguments[0].name, "x");
  EXPECT_EQ(launch.arguments[0].begin, begin);
  EXPECT_EQ(launch.arguments[0].end, begin + (9 * 6 + 8) * 4);
  EXPECT_FALSE(launch.arguments[0].writable);
  EXPECT_EQ(launch.arguments[1].name, "y");
  EXPECT_TRUE(launch.arguments[1].writable);
}

TEST_F(Launch, AnEmptyGridLaunchesNothing) {
  tensor(0).shape = tensor(2).shape = {0, 8};
  tensor(0).data = tensor(2).data = nullptr;
  go();
  EXPECT_TRUE(device->launches.empty());
}

TEST_F(Launch, TakesManyArguments) {
  // More than fit the scratch memory on the stack.
  const format::ArgumentRecord scalar = kernel.entry.launch.arguments[3];
  for (std::uint32_t i = 4; i < 100; ++i) {
    kernel.entry.launch.arguments.push_back(scalar);
    kernel.entry.launch.parameters.push_back(
        {format::KernelParameter::Source::scalar, i, 0, DType::f32});
    arguments.emplace_back(std::bit_cast<float>(i));
  }
  go();
  EXPECT_EQ(device->launches.at(0).parameters.back(), 99U);
  EXPECT_EQ(device->launches.at(0).parameters.size(), 101U);
}

TEST_F(Launch, WrongCount) {
  arguments.pop_back();
  expect_error(invalid, {"copy: error: arguments", "got 3", "wanted 4"}, [&] { go(); });
}

TEST_F(Launch, WrongKind) {
  std::swap(arguments[2], arguments[3]);
  expect_error(invalid, {"y: a scalar in place of a tensor", "got f32"}, [&] { go(); });
  std::swap(arguments[2], arguments[3]);
  arguments[3] = x.ref();
  expect_error(invalid, {"scale: a tensor in place of a scalar", "got 10x8:f32", "wanted f32"},
               [&] { go(); });
}

TEST_F(Launch, WrongScalarDType) {
  arguments[3] = std::int32_t{1};
  expect_error(invalid, {"scale: wrong dtype", "got i32", "wanted f32"}, [&] { go(); });
}

TEST_F(Launch, WrongPresence) {
  arguments[0] = TensorRef{};
  expect_error(invalid, {"x: the tensor is absent", "f32 of rank 2"}, [&] { go(); });
  arguments[0] = x.ref();
  arguments[1] = x.ref();
  expect_error(invalid, {"bias", "compiled without", "got 10x8:f32"}, [&] { go(); });
}

TEST_F(Launch, WrongDTypeAndRank) {
  tensor(0).dtype = DType::bf16;
  expect_error(invalid, {"x: wrong dtype", "got 10x8:bf16", "wanted f32"}, [&] { go(); });
  tensor(0) = x.ref();
  tensor(0).shape = tensor(0).strides = {80};
  expect_error(invalid, {"x: wrong rank", "got 80:f32", "rank 2"}, [&] { go(); });
  tensor(0).shape = {10, 8};
  expect_error(invalid, {"x: not one stride", "1 strides", "wanted 2"}, [&] { go(); });
}

TEST_F(Launch, OtherDevice) {
  FakeDevice other("fake:1"), twin;
  tensor(2).device = &other;
  expect_error(invalid, {"y: the tensor lies on another device", "got fake:1", "wanted fake:0"},
               [&] { go(); });
  tensor(2).device = &twin;
  expect_error(invalid, {"opened twice"}, [&] { go(); });
}

TEST_F(Launch, NullPointer) {
  tensor(0).data = nullptr;
  expect_error(invalid, {"x: a null pointer", "memory for 10x8:f32"}, [&] { go(); });
}

TEST_F(Launch, AddressBetweenElements) {
  tensor(0).data = reinterpret_cast<void*>(std::uintptr_t{0x1003});
  expect_error(invalid,
               {"copy: error: x: the pointer is not aligned to an element",
                "got 0x1003, which is 3 modulo 4", "wanted a multiple of 4 bytes"},
               [&] { go(); });
  tensor(0) = x.ref();
  tensor(2).data = static_cast<std::byte*>(y.data()) + 2;
  expect_error(invalid, {"y: the pointer is not aligned", "2 modulo 4"}, [&] { go(); });
  EXPECT_TRUE(device->launches.empty());
}

TEST_F(Launch, ExtentBeyond31Bits) {
  tensor(0).shape = {std::int64_t{1} << 31, 1};
  expect_error(invalid, {"x: an extent is too large", "got 2147483648x1:f32", "below 2^31"},
               [&] { go(); });
}

TEST_F(Launch, RequiredExtent) {
  tensor(2).shape = {10, 7};
  expect_error(invalid, {"y: wrong extent in dimension 1", "got 7", "= 8"}, [&] { go(); });
}

TEST_F(Launch, GridLimits) {
  kernel.entry.launch.grid[1].nodes = {{format::Expression::Op::constant, 65536, 0, 0}};
  expect_error(
      invalid,
      {"grid: axis 1 is out of range (got 65536; wanted 0 to 65535 blocks); put what may be "
       "long first: axis 0 has 2147483647 blocks"},
      [&] { go(); });
  kernel.entry.launch.grid[1].nodes = {{format::Expression::Op::constant, -1, 0, 0}};
  expect_error(invalid, {"grid: axis 1 is out of range (got -1; wanted 0 to 65535 blocks)"},
               [&] { go(); });
  EXPECT_TRUE(device->launches.empty());
}

TEST_F(Launch, StrideBeyondTheKernelsWidth) {
  kernel.entry.launch.parameters[2].dtype = DType::i32;
  tensor(0).shape = tensor(2).shape = {1, 8};
  tensor(0).strides = {std::int64_t{1} << 31, 1};
  expect_error(invalid, {"x: the stride of dimension 0", "got 2147483648", "32 bits"},
               [&] { go(); });
  tensor(0).strides = {-3, 1};
  go();
  EXPECT_EQ(static_cast<std::int32_t>(device->launches.at(0).parameters[2]), -3);
}

TEST_F(Launch, ReachBeyondTheAddressSpace) {
  tensor(0).strides = {std::int64_t{1} << 61, 1};
  expect_error(invalid, {"x: the tensor reaches beyond the address space"}, [&] { go(); });
}

TEST_F(Launch, ADamagedRecordIsAnInternalFault) {
  kernel.entry.launch.parameters[1].dimension = 5;
  EXPECT_THROW(go(), InternalError);
  kernel.entry.launch.parameters[1] = {format::KernelParameter::Source::pointer, 3, 0, DType::i64};
  EXPECT_THROW(go(), InternalError);
}

}  // namespace
}  // namespace tegula::runtime
