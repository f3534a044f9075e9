// CUDA devices over the fake driver: what they ask of it, and what they make of its answers.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "runtime/launch/kernel_source.h"
#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

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
               {"cuda:0: error: stream: ", "while the stream is capturing", "before the capture"},
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
  fake.capturing.clear();
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

/// A binary states its clusters itself, so the driver alone knows what they take.
TEST_F(Cuda, AClusterThatTheDeviceCannotRun) {
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  fake.fail_function = "cuLaunchKernelEx";
  fake.fail_result = cuda::invalid_cluster_size;
  expect_error(ErrorCode::out_of_resources, {"cuLaunchKernelEx failed", "a smaller cluster"},
               [&] { call(stream, x, y); });
  fake.fail_function = "";
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
}  // namespace tegula::testing
