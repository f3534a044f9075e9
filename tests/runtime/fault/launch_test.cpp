// Faults of calls: what is checked before anything reaches a device, and what may be asked of any
// kernel. Each test is named after a row of the fault table in docs/faults.md.
#include <gmock/gmock.h>

#include <limits>

#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"
#include "tests/runtime/fault/failing_memory.h"
#include "tests/runtime/fault/processes.h"

namespace tegula::testing {
namespace {

using namespace tegula::testing;

struct Cfg {
  int bn = 64;
};
void scale(const Cfg& c, In x, OptIn w, Out y, F32 factor) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  auto v = x.tiles({1, c.bn}).load({i, j}) * factor;
  if (w) v *= w.tiles({c.bn}).load({j});
  y.tiles({1, c.bn}).store(v, {i, j});
}
const auto scale_kernel =
    kernel("fault_scale", scale, {"x", "w", "y", "factor"}).field("bn", &Cfg::bn);

class FaultCalls : public WithFakeCompiler {
 protected:
  void call(const TensorRef& x, const TensorRef& y, const TensorRef& w = {}) {
    scale_kernel.launch(stream, x, w, y, 2.0f);
  }
  /// A tensor on the device that no memory stands behind.
  TensorRef somewhere(const Dims& shape, const Dims& strides, std::uintptr_t address = 1 << 20) {
    TensorRef tensor = x.ref();
    tensor.data = reinterpret_cast<void*>(address);
    tensor.shape = shape;
    tensor.strides = strides;
    return tensor;
  }

  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
  Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  static constexpr auto invalid = ErrorCode::invalid_argument;
};

TEST_F(FaultCalls, BadArguments) {
  const auto wrong = [&](const auto& damage, std::initializer_list<const char*> parts) {
    for (const bool ready : {false, true}) {  // the first call of the kernel, and a later one
      if (ready) call(x, y);
      const std::size_t before = device->launches.size();
      TensorRef bad = y.ref();
      damage(bad);
      expect_error(invalid, parts, [&] { call(x, bad); });
      EXPECT_EQ(device->launches.size(), before);
    }
    runtime::KernelTable::instance().clear();
  };
  FakeDevice other("fake:1");
  wrong(
      [](TensorRef& t) {
        t.shape = {5, 95};
      },
      {"fault_scale", "y: wrong extent in dimension 1", "got 95", "wanted x.dim(1) = 96"});
  wrong([](TensorRef& t) { t.strides = {1}; },
        {"fault_scale", "y: not one stride for each dimension", "got 1 strides", "wanted 2"});
  wrong([](TensorRef& t) { t.data = nullptr; }, {"fault_scale", "y: a null pointer"});
  wrong([&](TensorRef& t) { t.device = &other; },
        {"fault_scale", "y: the tensor lies on another device", "fake:1"});
  wrong([](TensorRef& t) { t = TensorRef{}; }, {"fault_scale", "y: the tensor is missing"});
  wrong([](TensorRef& t) { t.data = static_cast<std::byte*>(t.data) + 2; },
        {"fault_scale", "y: the pointer is not aligned to an element", "2 modulo 4",
         "wanted a multiple of 4 bytes"});
}

/// Also as the first call of all: nothing has to be compiled for it to be known.
TEST_F(FaultCalls, ZeroSizeWithNullPointer) {
  TensorRef none = x.ref();
  none.data = nullptr;
  for (const Dims& shape : {Dims{0, 96}, Dims{5, 0}, Dims{0, 0}}) {
    none.shape = shape;
    for (int n = 0; n < 2; ++n) call(none, none);
  }
  EXPECT_TRUE(device->launches.empty());
  EXPECT_EQ(stream.empty(f32, {0, 96}).data(), nullptr);
}

/// One general kernel takes what the fast one does not; both stay ready.
TEST_F(FaultCalls, MisalignedPointerOrStride) {
  const Tensor memory = stream.empty(f32, {6, 97});
  TensorRef shifted = memory.ref();
  shifted.shape = {5, 96};
  shifted.strides = {96, 1};
  shifted.data = static_cast<std::byte*>(shifted.data) + 4;
  TensorRef odd_rows = memory.ref();
  odd_rows.shape = {5, 96};  // 97 elements apart
  for (int n = 0; n < 2; ++n) {
    call(x, y);
    call(shifted, y);
    call(odd_rows, y);
  }
  EXPECT_EQ(compiled, 3);
  ASSERT_EQ(device->launches.size(), 6u);
  EXPECT_EQ(device->launches[4].arguments[0].begin, reinterpret_cast<std::uintptr_t>(shifted.data));
}

TEST_F(FaultCalls, MoreThan2To31Elements) {
  constexpr std::int64_t m = 70000, n = 65536, stride = (std::int64_t{1} << 33) + 64;
  const TensorRef wide = somewhere({m, n}, {stride, 1}), dense = somewhere({m, n}, {n, 1}, 1 << 30);
  call(wide, dense);
  ASSERT_EQ(device->launches.size(), 1u);
  const FakeLaunch& launch = device->launches[0];
  EXPECT_EQ(launch.grid, (std::array<std::uint32_t, 3>{m, n / 64, 1}));
  EXPECT_EQ(launch.arguments[0].end - launch.arguments[0].begin, 4 * ((m - 1) * stride + n));
  EXPECT_EQ(launch.arguments[1].end - launch.arguments[1].begin, 4 * m * n);
  EXPECT_THAT(launch.parameters, ::testing::Contains(std::uint64_t{stride}));
  expect_error(invalid, {"x: an extent is out of range", "got 2147483648x1", "0 to 2147483647"},
               [&] {
                 call(somewhere({std::int64_t{1} << 31, 1}, {1, 1}), dense);
               });
}

TEST_F(FaultCalls, StrideTimesSizeOverflows) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  for (const Dims& strides : {Dims{most, 1}, Dims{most / 4, 1}, Dims{96, most}, Dims{-most, 1}})
    expect_error(invalid, {"fault_scale", "x: the tensor reaches beyond the address space"}, [&] {
      call(somewhere({5, 96}, strides), y);
    });
  expect_error(invalid, {"the size in bytes does not fit 64 bits"}, [&] {
    stream.empty(f32, {1 << 30, 1 << 30, 1 << 30});
  });
  EXPECT_TRUE(device->launches.empty());
}

/// A child has its parent's ready kernels, and makes others.
TEST_F(FaultCalls, Fork) {
  call(x, y);
  const int status = wait_for(start_process([&] {
    call(y, x);
    const TensorRef general = somewhere({5, 96}, {97, 1}, (1 << 20) + 4);
    call(general, y);
    return compiled == 2 && device->launches.size() == 3 ? 0 : 1;
  }));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(compiled, 1);
}

/// Tracing, compiling, loading, planning, launching: whatever allocation fails, the call throws,
/// and the next one succeeds.
TEST_F(FaultCalls, MallocFailsInACall) {
  int nth = 0;
  for (bool failed = true; failed; ++nth) {
    runtime::KernelTable::instance().clear();
    device->launches.clear();
    int launched = 0;
    try {
      FailingMemory memory(nth + 1);
      call(x, y);
      memory.stop();
      launched = 1;
    } catch (const std::bad_alloc&) {
    }
    failed = FailingMemory::failed();
    ASSERT_EQ(device->launches.size(), static_cast<std::size_t>(launched)) << "allocation " << nth;
    call(x, y);
    ASSERT_EQ(device->launches.size(), launched + 1u) << "allocation " << nth;
    ASSERT_EQ(device->launches.back().grid, (std::array<std::uint32_t, 3>{5, 2, 1}));
  }
  std::printf("%d allocations of a first call, each failing once\n", nth - 1);
  EXPECT_GT(nth, 100);
}

}  // namespace
}  // namespace tegula::testing
