// CUDA devices over the fake driver: what they ask of it, and what they make of its answers.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "runtime/cuda/driver.h"
#include "runtime/kernel_source.h"
#include "tests/cache/sample_kernel.h"
#include "tests/cache/temporary_directory.h"
#include "tests/cuda/fake_cuda.h"
#include "tests/dsl/helpers.h"
#include "tests/dsl/pretend_compiler.h"
#include "tests/runtime/expect_error.h"

namespace tegula::test {
namespace {

using tegula::testing::expect_error;
using tegula::testing::FakeCuda;
using tegula::testing::FakeCudaLaunch;

std::uint32_t dynamic_shared = 0;
const std::string cubin =
    "\x7f"
    "ELF of a kernel";
std::string payload = cubin;

/// With a payload that the fake driver takes, or does not.
std::vector<std::byte> compile_for_cuda(std::span<const std::byte> request) {
  format::Entry entry = pretend_entry(request);
  entry.payload_kind =
      payload.starts_with(".version") ? format::PayloadKind::ptx : format::PayloadKind::cubin;
  const auto data = std::as_bytes(std::span(payload));
  entry.payload.assign(data.begin(), data.end());
  entry.launch.dynamic_shared = dynamic_shared;
  return serialise(entry);
}

struct Cfg {
  int bn = 64;
};
void scale(const Cfg& c, In x, Out y, F32 factor) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  y.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}) * factor, {i, j});
}
const auto scale_kernel = kernel("scale", scale, {"x", "y", "factor"}).sweep("bn", &Cfg::bn, {64});

/// Stands before the tests that open the driver in this process: forked children could not use it.
/// The N-th call of the driver fails, once and for good, for every N until none is left to fail:
/// an Error each time, nothing lost, and all is well afterwards.
TEST(CudaFaults, EveryCallThatCanFail) {
  for (const bool for_good : {false, true}) {
    int rounds = 0;
    for (std::uint64_t n = 1;; ++n) {
      int status = 0;
      const pid_t child = ::fork();
      if (child == 0) {
        FakeCuda& fake = *fake_cuda();
        set_compile_function(compile_for_cuda);
        fake.fail_at = n;
        fake.fail_for_good = for_good;
        const auto scenario = [] {
          Stream stream = Stream::create(open_device("cuda:0"));
          Tensor x = stream.empty(f32, {5, 96});
          const Tensor y = stream.empty(f32, {5, 96});
          std::vector<float> values(5 * 96, 1);
          x.copy_from_host(values.data(), values.size() * sizeof(float));
          scale_kernel.launch(stream, x, y, 2.0f);
          y.copy_to_host(values.data(), values.size() * sizeof(float));
          stream.synchronize();
        };
        int code = 0;  // 0: nothing failed
        try {
          scenario();
        } catch (const Error&) {
          code = 1;
        } catch (...) {
          code = 2;
        }
        if (code == 1) {
          // A driver that refuses everything cannot be given anything back.
          const bool clean = for_good || (fake.memory.empty() && fake_cuda_current() == nullptr);
          fake.fail_at = 0;
          try {
            scenario();
          } catch (...) {
            code = 3;
          }
          if (!clean || (!for_good && (!fake.memory.empty() || !fake.streams.empty()))) code = 4;
        }
        if (!fake.misuses.empty()) code = 5;
        ::_exit(code);
      }
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status)) << "call " << n << " of the driver killed the process";
      const int code = WEXITSTATUS(status);
      ASSERT_LE(code, 1) << "call " << n << ", for good: " << for_good;
      if (code == 0 && n > 30) break;  // beyond the last call
      rounds += code;
    }
    EXPECT_GE(rounds, 20) << "calls that can fail";
    RecordProperty(for_good ? "failed_for_good" : "failed_once", rounds);
  }
}

/// Each test with the driver as new. Devices stay open, as they do in any process.
class Cuda : public WithPretendCompiler {
 protected:
  Cuda() : WithPretendCompiler(compile_for_cuda) {
    fake = FakeCuda();
    fake_cuda_set_current(nullptr);
    dynamic_shared = 0;
    payload = cubin;
  }
  void TearDown() override { EXPECT_TRUE(fake.misuses.empty()) << fake.misuses.front(); }
  void call(Stream& stream, const Tensor& x, const Tensor& y) {
    scale_kernel.launch(stream, x, y, 2.0f);
  }

  FakeCuda& fake = *fake_cuda();
};

TEST_F(Cuda, ADeviceSaysWhatItIs) {
  const auto device = open_device("cuda:0");
  EXPECT_EQ(device->name(), "cuda:0");
  EXPECT_EQ(device->target(), (Target{Target::Backend::ptx, "sm_90a"}));
  EXPECT_EQ(device->multiprocessors(), 132);
  EXPECT_EQ(open_device("cuda:0"), device) << "one device for one number";
  EXPECT_NE(open_device("cuda:1"), device);
}

TEST_F(Cuda, DevicesThatAreNotThere) {
  expect_error(ErrorCode::environment, {"no such CUDA device", "got cuda:7", "below 2"},
               [] { open_device("cuda:7"); });
  fake.devices = 9;
  fake.major = 7;
  fake.minor = 5;
  expect_error(ErrorCode::unsupported, {"the GPU is too old", "cuda:8, sm_75", "sm_80 or newer"},
               [] { open_device("cuda:8"); });
}

TEST_F(Cuda, MemoryGoesThereAndBack) {
  Stream stream(open_device("cuda:0"));
  {
    Tensor tensor = stream.empty(f32, {3});
    const float values[] = {1, 2, 3};
    float back[3] = {};
    tensor.copy_from_host(values, sizeof values);
    tensor.copy_to_host(back, sizeof back);
    EXPECT_TRUE(std::equal(values, values + 3, back));
    EXPECT_EQ(fake.memory.size(), 1U);
  }
  EXPECT_TRUE(fake.memory.empty());
  EXPECT_GE(fake.calls_of["cuMemAllocFromPoolAsync"], 1U);
}

TEST_F(Cuda, NoRoom) {
  Stream stream(open_device("cuda:0"));
  fake.fail_function = "cuMemAllocFromPoolAsync";
  fake.fail_result = cuda::out_of_memory;
  expect_error(ErrorCode::out_of_resources, {"cuda:0: error", "cannot allocate 400 bytes"},
               [&] { stream.empty(f32, {100}); });
}

TEST_F(Cuda, ALaunch) {
  Stream stream(open_device("cuda:1"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  call(stream, x, y);
  ASSERT_EQ(fake.launches.size(), 1U);
  const FakeCudaLaunch& launch = fake.launches[0];
  EXPECT_EQ(launch.function, "scale");
  EXPECT_EQ(launch.grid, (std::array<unsigned, 3>{5, 2, 1}));
  EXPECT_EQ(launch.block, (std::array<unsigned, 3>{128, 1, 1}));
  EXPECT_EQ(launch.stream, nullptr);
  EXPECT_EQ(launch.first_parameters, std::vector<void*>{x.data()});
  call(stream, y, x);
  EXPECT_EQ(compiled, 1);
  EXPECT_EQ(fake.calls_of["cuModuleLoadDataEx"], 1U);
}

TEST_F(Cuda, MuchSharedMemoryIsAskedFor) {
  dynamic_shared = 100 << 10;
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  call(stream, x, y);
  EXPECT_EQ(fake.dynamic_shared_limit["scale"], 100 << 10);
  EXPECT_EQ(fake.launches.at(0).dynamic_shared, 100U << 10);
}

TEST_F(Cuda, TheCallersContextStays) {
  char other = 0;
  for (void* current : {static_cast<void*>(nullptr), static_cast<void*>(&other)}) {
    fake_cuda_set_current(current);
    Stream stream(open_device("cuda:0"));
    {
      const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
      call(stream, x, y);
      stream.synchronize();
      EXPECT_EQ(fake_cuda_current(), current);
    }
    fake.fail_function = "cuStreamSynchronize";
    EXPECT_THROW(stream.synchronize(), Error);
    fake.fail_function = "";
    EXPECT_EQ(fake_cuda_current(), current);
    EXPECT_NE(fake.launches.back().context, current);
  }
}

TEST_F(Cuda, EachDeviceHasItsContextAndKernel) {
  for (const char* name : {"cuda:0", "cuda:1"}) {
    Stream stream(open_device(name));
    const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
    call(stream, x, y);
  }
  EXPECT_NE(fake.launches.at(0).context, fake.launches.at(1).context);
  EXPECT_EQ(fake.calls_of["cuModuleLoadDataEx"], 2U);
  Stream first(open_device("cuda:0")), second(open_device("cuda:1"));
  const Tensor x = first.empty(f32, {5, 96}), y = second.empty(f32, {5, 96});
  expect_error(ErrorCode::invalid_argument, {"y: the tensor lies on another device"},
               [&] { call(first, x, y); });
}

TEST_F(Cuda, StreamsOfTheirOwn) {
  Tensor kept;
  {
    Stream stream = Stream::create(open_device("cuda:0"));
    ASSERT_NE(stream.native(), nullptr);
    const Tensor x = stream.empty(f32, {5, 96});
    kept = stream.empty(f32, {5, 96});
    call(stream, x, kept);
    EXPECT_EQ(fake.launches.at(0).stream, stream.native());
  }
  EXPECT_EQ(fake.streams.size(), 1U) << "a tensor is freed on its stream";
  kept = {};
  EXPECT_TRUE(fake.streams.empty());
  EXPECT_TRUE(fake.memory.empty());
}

TEST_F(Cuda, AStreamOfTheCallers) {
  const auto device = open_device("cuda:0");
  char own = 0;
  fake.streams.insert(&own);
  {
    Stream stream = Stream::wrap(device, &own);
    const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
    call(stream, x, y);
  }
  EXPECT_EQ(fake.launches.at(0).stream, &own);
  EXPECT_EQ(fake.streams.count(&own), 1U);
}

TEST_F(Cuda, AReadyKernelIsCaptured) {
  Stream stream = Stream::create(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  fake.capturing.insert(stream.native());
  EXPECT_TRUE(stream.is_capturing());
  const auto loads = fake.calls_of["cuModuleLoadDataEx"];
  expect_error(ErrorCode::environment,
               {"scale: error: stream: the stream is capturing a graph, and the kernel is not "
                "ready",
                "before the capture begins"},
               [&] { call(stream, x, y); });
  expect_error(ErrorCode::environment,
               {"Stream::empty", "while the stream is capturing", "before the capture"},
               [&] { stream.empty(f32, {4}); });
  EXPECT_EQ(compiled, 0);
  EXPECT_EQ(fake.calls_of["cuModuleLoadDataEx"], loads);
  EXPECT_TRUE(fake.launches.empty());
  fake.capturing.clear();
  call(stream, x, y);
  fake.capturing.insert(stream.native());
  call(stream, y, x);
  EXPECT_EQ(fake.launches.size(), 2U);
  EXPECT_EQ(fake.calls_of["cuStreamSynchronize"], 0U) << "what would end a capture";
}

TEST_F(Cuda, ADriverThatRefusesSaysWhy) {
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  payload = "no binary at all";
  expect_error(ErrorCode::corrupt_data,
               {"scale: error: cuda:0: the driver refuses the kernel compiled for sm_90a",
                "its log: ptxas fatal: the fake does not like it"},
               [&] { call(stream, x, y); });
  payload = ".version 8.7\n.target sm_90a\n";
  fake.fail_function = "cuModuleLoadDataEx";
  fake.fail_result = cuda::unsupported_ptx_version;
  fake.driver_version = 12040;
  expect_error(ErrorCode::environment, {"the driver is of CUDA 12.4 and does not know PTX 8.7"},
               [&] { call(stream, x, y); });
  fake.fail_function = "";
  call(stream, x, y);
  EXPECT_EQ(fake.launches.size(), 1U);
  EXPECT_EQ(fake.modules.size(), 1U) << "nothing is left of the attempts";
}

/// What is wrong is not the file: it stays, and is read when the driver has memory again.
TEST_F(Cuda, LackOfMemoryCostsNoCacheEntry) {
  const tegula::testing::TemporaryDirectory root;
  cache::DiskCache disk(tegula::testing::settings_in(root.path()));
  const auto device = open_device("cuda:0");
  runtime::TracedKernel traced{tegula::testing::sample_key(1), {}, {}, 0};
  traced.key.identity.target = device->target();
  format::Entry entry = tegula::testing::sample_entry(1);
  entry.payload_kind = format::PayloadKind::cubin;
  const auto data = std::as_bytes(std::span(payload));
  entry.payload.assign(data.begin(), data.end());
  entry.launch.dynamic_shared = 0;
  disk.store(traced.key, serialise(entry), 1, 1);
  fake.fail_function = "cuModuleLoadDataEx";
  for (const int result : {cuda::out_of_memory, cuda::illegal_address}) {
    fake.fail_result = result;
    EXPECT_THROW(runtime::make_ready(*device, traced, disk), Error);
  }
  fake.fail_function = "";
  EXPECT_EQ(runtime::make_ready(*device, traced, disk)->source, "disk");
  EXPECT_EQ(disk.counters().quarantined, 0U);
  EXPECT_EQ(compiled, 0);
}

TEST_F(Cuda, AFaultOfAKernel) {
  Stream stream(open_device("cuda:0"));
  fake.fail_function = "cuStreamSynchronize";
  fake.fail_result = cuda::illegal_address;
  expect_error(ErrorCode::device_fault,
               {"cuda:0", "cuStreamSynchronize failed", "(700)", "run the same on the simulator"},
               [&] { stream.synchronize(); });
}

TEST_F(Cuda, WithoutMemoryPools) {
  fake.devices = 4;
  fake.has_pools = false;
  {
    Stream stream(open_device("cuda:3"));
    const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
    call(stream, x, y);
    EXPECT_EQ(fake.calls_of["cuMemAlloc"], 2U);
  }
  EXPECT_TRUE(fake.memory.empty());
}

TEST_F(Cuda, ManyThreads) {
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      Stream own(stream.device());
      for (int n = 0; n < 50; ++n) call(own, x, y);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fake.launches.size(), 400U);
  EXPECT_EQ(compiled, 1);
}

/// What a child process does, and whether it ended well.
template <class F>
bool in_child(const F& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Cuda, AForkedChildIsRefused) {
  Stream stream(open_device("cuda:0"));
  Tensor x = stream.empty(f32, {5, 96});
  const Tensor y = stream.empty(f32, {5, 96});
  call(stream, x, y);
  EXPECT_TRUE(in_child([&] {
    const auto before = fake.calls;
    int refused = 0;
    const auto refuses = [&](const auto& body) {
      try {
        body();
      } catch (const Error& error) {
        refused += error.code() == ErrorCode::environment &&
                   std::string(error.what()).find("forked") != std::string::npos;
      }
    };
    refuses([&] { open_device("cuda:0"); });
    refuses([&] { open_device("cuda:1"); });
    refuses([&] { call(stream, x, y); });
    refuses([&] { stream.synchronize(); });
    x = {};  // freed by the parent alone
    return refused == 4 && fake.calls == before;
  }));
  call(stream, x, y);
  EXPECT_EQ(fake.launches.size(), 2U);
}

}  // namespace
}  // namespace tegula::test
