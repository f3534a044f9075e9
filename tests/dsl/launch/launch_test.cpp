// From a kernel's launch to a device, with a compiler that only copies the launch record.
#include "runtime/launch/recorders.h"

#include <dlfcn.h>

#include "dsl/launch/kept_launch.h"
#include "runtime/launch/kernel_table.h"
#include "tegula/log.h"
#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/device/fake_device.h"

namespace tegula::testing {
namespace {

using tegula::testing::FakeDevice;

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
    kernel("scale", scale, {"x", "w", "y", "factor"}).sweep("bn", &Cfg::bn, {64, 128});

class Launch : public WithFakeCompiler {
 protected:
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  Stream stream{device};
};

TEST_F(Launch, CompilesOnceForAClass) {
  const runtime::LaunchRecorder recorder;
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  scale_kernel.launch(stream, x, TensorRef{}, y, 2.0f);
  const Tensor x2 = stream.empty(f32, {7, 160}), y2 = stream.empty(f32, {7, 160});
  scale_kernel.launch(stream, x2, TensorRef{}, y2, 3.0f);
  EXPECT_EQ(compiled, 1);
  ASSERT_EQ(device->launches.size(), 2u);
  EXPECT_EQ(device->launches[1].grid, (std::array<std::uint32_t, 3>{7, 3, 1}));
  EXPECT_EQ(device->launches[1].threads, 128u);
  // x: pointer, 2 extents, row stride; the same of y; the factor.
  EXPECT_EQ(device->launches[1].parameters.size(), 9u);
  ASSERT_EQ(recorder.launches().size(), 2u);
  EXPECT_EQ(recorder.launches()[0].source, "compiled");
  EXPECT_EQ(recorder.launches()[1].source, "memory");
  EXPECT_EQ(recorder.launches()[1].kernel, "scale");
  EXPECT_EQ(recorder.launches()[1].config, "bn=64");
}

TEST_F(Launch, AnotherClassOrConfigCompilesAgain) {
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  const Tensor w = stream.empty(f32, {96});
  scale_kernel.launch(stream, x, TensorRef{}, y, 2.0f);
  scale_kernel.launch(stream, x, w, y, 2.0f);
  scale_kernel.with({.bn = 128}).launch(stream, x, w, y, 2.0f);
  const Tensor odd = stream.empty(f32, {5, 97}), odd_y = stream.empty(f32, {5, 97});
  scale_kernel.with({.bn = 128}).launch(stream, odd, w, odd_y, 2.0f);
  EXPECT_EQ(compiled, 4);
  EXPECT_EQ(runtime::KernelTable::instance().size(), 4u);
}

struct Two {
  int bn = 64, bm = 64;
};
void two(const Two& c, In x, In w) {
  auto [i] = grid({x.dim(0)});
  (void)x.tiles({c.bn}).load({i});
  (void)w.tiles({c.bm}).load({i});
}

TEST_F(Launch, AKernelThatIsMadeAnewAtEachCallIsOne) {
  const Tensor x = stream.empty(f32, {96}), w = stream.empty(f32, {96});
  for (int n = 0; n < 5; ++n) {
    const auto local = kernel("two", two, {"x", "w"}).field("bn", &Two::bn).field("bm", &Two::bm);
    local.launch(stream, x, w);
  }
  EXPECT_EQ(compiled, 1);
  EXPECT_EQ(device->launches.size(), 5U);
}

/// As of a plug-in that is loaded again: what stood at the function's address is another kernel.
TEST_F(Launch, AKernelDefinedAgainIsAnother) {
  const Tensor x = stream.empty(f32, {96}), w = stream.empty(f32, {96});
  const auto define = [] {
    return kernel("two", two, {"x", "w"}).field("bn", &Two::bn).field("bm", &Two::bm);
  };
  const auto unload_something = [] {
    void* plug_in = ::dlopen(TEGULA_TEST_PLUG_IN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(plug_in, nullptr) << ::dlerror();
    ::dlclose(plug_in);
  };
  unload_something();
  for (int lives = 1; lives <= 3; ++lives) {
    {
      const auto one = define(), beside = define();
      for (int n = 0; n < 2; ++n) one.launch(stream, x, w);
      beside.launch(stream, x, w);
      unload_something();  // not these: they are still there
      const auto third = define();
      third.launch(stream, x, w);
      EXPECT_EQ(compiled, lives) << "several at once are one kernel";
    }
    unload_something();
  }
}

/// The line speaks of the kernel that is being made.
TEST_F(Launch, ALogSinkThatLaunchesTheKernelInTheMaking) {
  static Stream* own;
  static Tensor x, y;
  static std::string refused;
  own = &stream;
  x = stream.empty(f32, {5, 96});
  y = stream.empty(f32, {5, 96});
  const LogSink before = set_log_sink([](LogLevel, std::string_view) {
    try {
      scale_kernel.launch(*own, x, TensorRef{}, y, 2.0f);
    } catch (const Error& error) {
      refused = error.what();
    }
  });
  ::setenv("TEGULA_JIT", "warn", 1);
  scale_kernel.launch(stream, x, TensorRef{}, y, 2.0f);
  ::unsetenv("TEGULA_JIT");
  set_log_sink(before);
  EXPECT_THAT(refused, ::testing::HasSubstr("the kernel is in the making"));
  EXPECT_EQ(compiled, 1);
  EXPECT_EQ(device->launches.size(), 1u);
  x = y = Tensor();
}

TEST_F(Launch, KernelsOfOneFunctionButOtherDeclarations) {
  const Tensor x = stream.empty(f32, {96}), w = stream.empty(f32, {96});
  const auto one_way = kernel("two", two, {"x", "w"}).field("bn", &Two::bn).field("bm", &Two::bm);
  const auto another = kernel("two", two, {"x", "w"}).field("bm", &Two::bm).field("bn", &Two::bn);
  one_way.with({.bn = 64, .bm = 128}).launch(stream, x, w);
  another.with({.bn = 128, .bm = 64}).launch(stream, x, w);
  EXPECT_EQ(compiled, 2) << "the values in the order of registration are the same, 64 and 128";
  const auto renamed = kernel("two", two, {"a", "b"}).field("bn", &Two::bn).field("bm", &Two::bm);
  renamed.with({.bn = 64, .bm = 128}).launch(stream, x, w);
  EXPECT_EQ(compiled, 3);
  const auto same = kernel("two", two, {"x", "w"}).field("bn", &Two::bn).field("bm", &Two::bm);
  same.with({.bn = 64, .bm = 128}).launch(stream, x, w);
  EXPECT_EQ(compiled, 3);
}

int global_factor = 2;
int line_of_by_global;
void by_global(const Cfg& c, In x, Out y) {
  require(y, {x.dim(0)});
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) * global_factor, {i});
}

/// The value at the first launch is compiled in. Where tracing is checked, every launch sees that.
TEST_F(Launch, AGlobalThatAKernelReads) {
  line_of_by_global = __LINE__ + 1;
  const auto k = kernel("by_global", by_global, {"x", "y"}).field("bn", &Cfg::bn);
  const Tensor x = stream.empty(f32, {96}), y = stream.empty(f32, {96});
  detail::KeptLaunch kept;
  const auto launch_kept = [&] {
    std::vector<KernelArgument> arguments = {x.ref(), y.ref()};
    kept.launch(stream, k.base(), k.with({}).config(), arguments);
  };
  const auto expect_seen = [&] {
    for (const auto& launch :
         {std::function<void()>([&] { k.launch(stream, x, y); }), {launch_kept}}) {
      const Error error = error_of(launch);
      EXPECT_EQ(error.code(), ErrorCode::kernel);
      EXPECT_THAT(
          error.what(),
          ::testing::AllOf(::testing::HasSubstr("launch_test.cpp" + at_line(line_of_by_global)),
                           ::testing::HasSubstr("by_global: its function gives another Program"),
                           ::testing::HasSubstr("make that a config field")));
    }
  };
  const auto launch_all = [&] {
    const std::size_t before = device->launches.size();
    for (int n = 0; n < 3; ++n) k.launch(stream, x, y);
    launch_kept();
    EXPECT_EQ(device->launches.size(), before + 4);
  };
  launch_all();
  EXPECT_FALSE(kept.serves(*device));
  global_factor = 3;
  expect_seen();
  set_checked_tracing(false);
  launch_all();
  EXPECT_TRUE(kept.serves(*device));
  set_checked_tracing(true);
  EXPECT_FALSE(kept.serves(*device));
  expect_seen();
  global_factor = 2;
  launch_all();
  EXPECT_EQ(compiled, 1);
}

TEST_F(Launch, StridesBeyond64BitsAreAnError) {
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 1});
  TensorRef far = x;
  far.shape = {5, 1};
  far.strides = {std::int64_t{1} << 62, 1};
  EXPECT_THAT(error_of([&] { scale_kernel.launch(stream, far, TensorRef{}, y, 2.0f); }).what(),
              ::testing::HasSubstr("x: the tensor reaches beyond the address space"));
}

TEST_F(Launch, RequirementsAreChecked) {
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 100});
  const Error error = error_of([&] { scale_kernel.launch(stream, x, TensorRef{}, y, 2.0f); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.what(), ::testing::HasSubstr("y"));
  EXPECT_TRUE(device->launches.empty());
}

void sum_rows(const NoConfig&, In x, In bias, Out y) {
  auto [m, n] = dims2(x);
  require(bias, {n}), require(y, {m});
  auto [i] = grid({m});
  y.tiles({1}).store(sum(x.tiles({1, 64}).load({i, 0}) + bias.tiles({64}).load({0}), 1).squeeze(),
                     {i});
}

TEST_F(Launch, ArgumentsInTheWrongOrderAreNamed) {
  const auto k = kernel("sum_rows", sum_rows, {"x", "bias", "y"});
  const Tensor x = stream.empty(f32, {5, 64}), bias = stream.empty(f32, {64});
  const Tensor y = stream.empty(f32, {5}), other = stream.empty(f32, {6});
  const auto message = [&](const Tensor& a, const Tensor& b, const Tensor& c) -> std::string {
    return error_of([&] { k.launch(stream, a, b, c); }).what();
  };
  EXPECT_THAT(
      message(x, y, bias),
      ::testing::EndsWith("bias: wrong extent in dimension 0 (got 5; wanted x.dim(1) = 64); "
                          "the shapes would fit with bias and y exchanged: are the "
                          "arguments in order?"));
  EXPECT_THAT(message(x, other, bias), ::testing::EndsWith("(got 6; wanted x.dim(1) = 64)"));
  EXPECT_THAT(message(y, bias, x),
              ::testing::EndsWith("x: the tensor has the wrong rank (got 1; wanted 2); of rank 2 "
                                  "is what the call gives as y: are its arguments in order?"));
}

TEST_F(Launch, NothingIsLaunchedForNoRows) {
  const Tensor x = stream.empty(f32, {0, 96}), y = stream.empty(f32, {0, 96});
  scale_kernel.launch(stream, x, TensorRef{}, y, 2.0f);
  EXPECT_TRUE(device->launches.empty());
}

TEST_F(Launch, AFailedTraceIsTriedAgain) {
  const auto k = kernel("bad", [](const NoConfig&, In x) { (void)(x.tiles({3})); }, {"x"});
  const Tensor x = stream.empty(f32, {5});
  for (int n = 0; n < 2; ++n)
    EXPECT_EQ(error_of([&] { k.launch(stream, x); }).code(), ErrorCode::kernel);
  EXPECT_EQ(compiled, 0);
}

TEST_F(Launch, ByNameAsToolsDo) {
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  const KernelBase& base = scale_kernel.base();
  Config config = base.default_config();
  base.set(config, "bn", 128);
  std::vector<KernelArgument> arguments = {x.ref(), TensorRef{}, y.ref(), 2.0f};
  base.launch(stream, config, arguments);
  EXPECT_EQ(device->launches.size(), 1u);
}

}  // namespace
}  // namespace tegula::testing
