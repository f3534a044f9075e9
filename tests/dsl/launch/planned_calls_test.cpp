// Calls of a kernel that this thread has called before.
#include <functional>
#include <thread>

#include "runtime/launch/launch.h"
#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeDevice;
using tegula::testing::FakeLaunch;

struct Cfg {
  int bn = 64;
};
void scale(const Cfg& c, In x, Out y, F32 factor) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  y.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}) * factor, {i, j});
}
const auto scale_kernel =
    kernel("planned_scale", scale, {"x", "y", "factor"}).sweep("bn", &Cfg::bn, {64, 128});

class PlannedCalls : public WithFakeCompiler {
 protected:
  PlannedCalls() { set_checked_tracing(false); }  // which keeps no plans
  ~PlannedCalls() override { set_checked_tracing(true); }
  void call(const TensorRef& x, const TensorRef& y, float factor = 2, int bn = 64) {
    scale_kernel.with({bn}).launch(stream, x, y, factor);
  }
  const FakeLaunch& last() const { return device->launches.back(); }

  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
};

std::uint64_t address(const Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data());
}

TEST_F(PlannedCalls, TakeOtherAddressesAndScalars) {
  call(x, y, 2);
  const FakeLaunch first = last();
  const Tensor z = stream.empty(f32, {5, 96});
  call(y, z, 3);
  EXPECT_EQ(compiled, 1);
  EXPECT_EQ(last().grid, first.grid);
  EXPECT_EQ(last().parameters.front(), address(y));
  EXPECT_EQ(last().parameters.back(), std::bit_cast<std::uint32_t>(3.0F));
  ASSERT_EQ(last().arguments.size(), 2U);
  EXPECT_EQ(last().arguments[0].begin, address(y));
  EXPECT_EQ(last().arguments[0].end, address(y) + 5 * 96 * 4);
  EXPECT_EQ(last().arguments[1].begin, address(z));
  EXPECT_TRUE(last().arguments[1].writable);
}

TEST_F(PlannedCalls, AnotherShapeStrideOrConfigIsAnotherCall) {
  call(x, y);
  const Tensor u = stream.empty(f32, {7, 96}), v = stream.empty(f32, {7, 96});
  call(u, v);
  EXPECT_EQ(last().grid[0], 7U);
  TensorRef slice = u.ref();
  slice.shape = {5, 96};
  slice.strides = {96 * 2, 1};
  call(slice, y);
  EXPECT_EQ(last().grid[0], 5U);
  EXPECT_EQ(last().arguments[0].end - last().arguments[0].begin, (4 * 96 * 2 + 96) * 4U);
  call(x, y, 2, 128);
  EXPECT_EQ(last().grid[1], 1U);
  call(x, y);
  EXPECT_EQ(last().grid[1], 2U);
  EXPECT_EQ(last().parameters.front(), address(x));
}

TEST_F(PlannedCalls, AnotherAlignmentIsAnotherKernel) {
  call(x, y);
  const Tensor wide = stream.empty(f32, {6, 96});
  TensorRef shifted = wide.ref();
  shifted.shape = {5, 96};
  shifted.data = static_cast<std::byte*>(shifted.data) + 4;
  call(shifted, y);
  EXPECT_EQ(compiled, 2);
  EXPECT_EQ(last().parameters.front(), reinterpret_cast<std::uintptr_t>(shifted.data));
  call(x, y);
  EXPECT_EQ(compiled, 2);
}

TEST_F(PlannedCalls, OtherTensorsThatShareMemoryAreAnotherKernel) {
  const Tensor wide = stream.empty(f32, {7, 96});
  const auto rows_from = [&](std::int64_t row) {
    TensorRef rows = wide;
    rows.shape = {5, 96};
    rows.data = static_cast<std::byte*>(rows.data) + row * 96 * 4;
    return rows;
  };
  for (int n = 0; n < 2; ++n) {
    call(x, y);
    EXPECT_EQ(compiled, n == 0 ? 1 : 3);
    call(x, x);
    EXPECT_EQ(compiled, n == 0 ? 2 : 3);
    EXPECT_EQ(last().parameters.front(), address(x));
    EXPECT_EQ(last().arguments[1].begin, address(x));
    call(rows_from(0), rows_from(1));
    EXPECT_EQ(compiled, 3);
    call(rows_from(2), rows_from(0));
    EXPECT_EQ(compiled, 3);
    EXPECT_EQ(last().arguments[1].begin, address(wide));
    call(rows_from(1), rows_from(1));
    EXPECT_EQ(compiled, 3) << "as x and x";
  }
  call(y, y);
  EXPECT_EQ(compiled, 3);
  call(rows_from(2), x);
  EXPECT_EQ(compiled, 3);
}

TEST_F(PlannedCalls, CheckWhatTheFirstCallChecked) {
  call(x, y);
  const std::size_t before = device->launches.size();
  FakeDevice other;
  const auto invalid = ErrorCode::invalid_argument;
  TensorRef bad = y.ref();
  bad.device = &other;
  expect_error(invalid, {"y: the tensor lies on another device"}, [&] { call(x, bad); });
  bad = y.ref();
  bad.data = nullptr;
  expect_error(invalid, {"y: a null pointer"}, [&] { call(x, bad); });
  bad = y.ref();
  bad.shape = {5, 95};
  expect_error(invalid, {"y: wrong extent in dimension 1"}, [&] { call(x, bad); });
  bad = y.ref();
  bad.dtype = i32;
  EXPECT_THROW(call(x, bad), Error);
  // As aligned as y, of y's shape, and reaching beyond the last address.
  bad = y.ref();
  bad.data = reinterpret_cast<void*>(~std::uintptr_t{0xff} | (address(y) % 16));
  expect_error(invalid, {"y: the tensor reaches beyond the address space"}, [&] { call(x, bad); });
  EXPECT_EQ(device->launches.size(), before);
  call(x, y);
  EXPECT_EQ(device->launches.size(), before + 1);
}

TEST_F(PlannedCalls, DevicesAreToldApart) {
  call(x, y);
  const auto second = std::make_shared<FakeDevice>("fake:1");
  Stream other(second);
  const Tensor u = other.empty(f32, {5, 96}), v = other.empty(f32, {5, 96});
  scale_kernel.launch(other, u, v, 2.0f);
  EXPECT_EQ(device->launches.size(), 1U);
  EXPECT_EQ(second->launches.size(), 1U);
  EXPECT_NE(device->id(), second->id());
}

TEST_F(PlannedCalls, AnEmptyGridStaysEmpty) {
  const Tensor none = stream.empty(f32, {0, 96});
  for (int n = 0; n < 2; ++n) call(none, none);
  EXPECT_TRUE(device->launches.empty());
}

TEST_F(PlannedCalls, EndWithTheTableOfKernels) {
  call(x, y);
  runtime::KernelTable::instance().clear();
  call(x, y);
  EXPECT_EQ(compiled, 2);
}

/// The objects of a thread are destroyed in the reverse of the order in which they were made: this
/// one outlives the plans.
TEST_F(PlannedCalls, AtTheEndOfAThread) {
  struct Late {
    std::function<void()> at_end;
    ~Late() { at_end(); }
  };
  std::thread([&] {
    thread_local Late late;
    late.at_end = [this] {
      for (int n = 0; n < 2; ++n) call(x, y);
    };
    call(x, y);
  }).join();
  EXPECT_EQ(device->launches.size(), 3U);
}

void through_workspace(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  auto copy = workspace(f32, {m, n});
  copy.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}), {i, j});
  y.tiles({1, c.bn}).store(copy.tiles({1, c.bn}).load({i, j}), {i, j});
}
const auto workspace_kernel =
    kernel("planned_workspace", through_workspace, {"x", "y"}).field("bn", &Cfg::bn);

/// As one that fills what it gives out does: each allocation launches the kernel that it is for.
class LaunchingDevice : public FakeDevice {
 public:
  void* allocate(std::size_t bytes, NativeStream stream) override {
    void* data = FakeDevice::allocate(bytes, stream);
    if (std::exchange(armed, false)) at_allocation();
    return data;
  }
  bool armed = false;
  std::function<void()> at_allocation;
};

TEST_F(PlannedCalls, AnAllocatorThatLaunches) {
  const auto own = std::make_shared<LaunchingDevice>();
  Stream other(own);
  const Tensor a = other.empty(f32, {5, 96}), b = other.empty(f32, {5, 96});
  const Tensor c = other.empty(f32, {7, 64}), d = other.empty(f32, {7, 64});
  // Another shape in between, whose plan may want the same place, and the same again.
  own->at_allocation = [&] {
    workspace_kernel.launch(other, c, d);
    workspace_kernel.launch(other, b, a);
  };
  for (int n = 0; n < 2; ++n) {
    own->launches.clear();
    own->armed = true;
    workspace_kernel.launch(other, a, b);
    ASSERT_EQ(own->launches.size(), 3U);
    EXPECT_EQ(own->launches[0].parameters.front(), address(c));
    EXPECT_EQ(own->launches[1].parameters.front(), address(b));
    EXPECT_EQ(own->launches[2].parameters.front(), address(a));
    EXPECT_EQ(own->launches[2].grid, (std::array<std::uint32_t, 3>{5, 2, 1}));
  }
}

}  // namespace
}  // namespace tegula::testing
