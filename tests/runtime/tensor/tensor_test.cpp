#include "tegula/tensor.h"

#include <limits>

#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;
using testing::invalid;
using testing::FakeDevice;
constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

TEST(Dims, HoldsUpToEight) {
  Dims dims = {1, 2, 3, 4, 5, 6, 7};
  dims.push_back(8);
  EXPECT_EQ(dims.size(), 8U);
  EXPECT_EQ(dims.back(), 8);
  EXPECT_EQ(to_string(dims), "1x2x3x4x5x6x7x8");
  expect_error(invalid, {"dims", "got 9", "at most 8"}, [&] { dims.push_back(9); });
  expect_error(invalid, {"got 9"}, [] { Dims{1, 2, 3, 4, 5, 6, 7, 8, 9}; });
}

TEST(Dims, ComparesExtentsAlone) {
  Dims longer = {1, 2, 3};
  EXPECT_FALSE(longer == (Dims{1, 2}));
  EXPECT_TRUE(longer == (Dims{1, 2, 3}));
  EXPECT_EQ(to_string(Dims{}), "scalar");
}

TEST(ElementCount, ChecksOverflowAndSign) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({3, 5}), 15);
  EXPECT_EQ(element_count({huge, 0, huge}), 0);
  EXPECT_EQ(element_count({std::int64_t{1} << 59}), std::int64_t{1} << 59);
  expect_error(invalid, {"shape", "64 bits", "1152921504606846976"},
               [] { element_count({std::int64_t{1} << 60}); });
  expect_error(invalid, {"64 bits"}, [] { element_count({huge, huge}); });
  expect_error(invalid, {"negative", "4x-1"}, [] { element_count({4, -1}); });
}

TEST(ContiguousStrides, AreRowMajor) {
  EXPECT_TRUE(contiguous_strides({2, 3, 4}) == (Dims{12, 4, 1}));
  EXPECT_TRUE(contiguous_strides({2, 0, 4}) == (Dims{4, 4, 1}));
  expect_error(invalid, {"stride"}, [] { contiguous_strides({huge, huge, 0}); });
}

TEST(Tensor, OwnsItsMemoryThroughTheDevice) {
  auto device = std::make_shared<FakeDevice>();
  {
    const Tensor tensor = Tensor::empty(device, DType::bf16, {3, 5});
    const Tensor copy = tensor;
    EXPECT_EQ(device->allocated_bytes, std::vector<std::size_t>{30});
    EXPECT_EQ(copy.data(), tensor.data());
    EXPECT_TRUE(tensor.ref().strides == (Dims{5, 1}));
    EXPECT_EQ(device->live, 1);
  }
  EXPECT_EQ(device->live, 0);
}

TEST(Tensor, OutlivesEveryOtherOwnerOfItsDevice) {
  auto device = std::make_shared<FakeDevice>();
  const std::weak_ptr<FakeDevice> watch = device;
  Tensor tensor = Tensor::empty(device, DType::f32, {4});
  Tensor nothing = Tensor::empty(device, DType::f32, {0});
  device.reset();
  EXPECT_FALSE(watch.expired());
  tensor = Tensor();
  EXPECT_FALSE(watch.expired()) << "an empty tensor names its device, too";
  nothing = Tensor();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, WithoutElementsAllocatesNothing) {
  auto device = std::make_shared<FakeDevice>();
  Tensor tensor = Tensor::empty(device, DType::f32, {0, 7});
  EXPECT_TRUE(device->allocated_bytes.empty());
  EXPECT_TRUE(tensor.ref().present());
  tensor.copy_from_host(nullptr, 0);
  tensor.copy_to_host(nullptr, 0);
}

TEST(Tensor, CopiesBothWays) {
  auto device = std::make_shared<FakeDevice>();
  Tensor tensor = Tensor::empty(device, DType::i32, {3});
  const std::array<std::int32_t, 3> source = {1, 2, 3};
  std::array<std::int32_t, 3> target{};
  tensor.copy_from_host(source.data(), sizeof source);
  tensor.copy_to_host(target.data(), sizeof target);
  EXPECT_EQ(source, target);
}

TEST(Tensor, CopyErrors) {
  auto device = std::make_shared<FakeDevice>();
  Tensor tensor = Tensor::empty(device, DType::i32, {3});
  expect_error(invalid, {"copy_from_host", "source", "null", "memory of 12 bytes"},
               [&] { tensor.copy_from_host(nullptr, 12); });
  expect_error(invalid, {"copy_to_host", "target", "null", "memory of 12 bytes"},
               [&] { tensor.copy_to_host(nullptr, 12); });
  expect_error(invalid, {"copy_from_host", "bytes", "got 11 bytes", "12 bytes for 3:i32"},
               [&] { tensor.copy_from_host("", 11); });
  std::array<std::byte, 12> target;
  TensorRef strided = tensor.ref();
  strided.strides = {2};
  expect_error(invalid, {"copy_to_host", "contiguous", "strides 2"},
               [&] { Tensor::alias(strided).copy_to_host(target.data(), 12); });
  expect_error(invalid, {"empty"}, [&] { Tensor().copy_to_host(target.data(), 12); });
  expect_error(invalid, {"device"}, [] { Tensor::empty(nullptr, DType::f32, {1}); });
}

}  // namespace
}  // namespace tegula
