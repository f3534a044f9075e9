// What the log tells of devices, kernels and launches.
#include "tegula/log.h"

#include <gmock/gmock.h>

#include "runtime/launch/kernel_source.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

using tegula::testing::LogLines;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class CudaLog : public Cuda {
 protected:
  ~CudaLog() override { set_log_level(before_); }
  /// What `work` says at a level.
  template <class Work>
  static std::string said(LogLevel level, const Work& work) {
    set_log_level(level);
    const LogLines lines;
    work();
    return lines.text();
  }

 private:
  LogLevel before_ = log_level();
};

TEST_F(CudaLog, ADeviceThatIsOpened) {
  fake.devices = 8;
  fake.driver_version = 12040;
  EXPECT_EQ(said(LogLevel::info, [] { open_device("cuda:5"), open_device("cuda:5"); }),
            "opened cuda:5: Fake GPU, sm_90a, 132 multiprocessors, a driver of CUDA 12.4\n");
  fake.fail_function = "cuDeviceGetName";
  EXPECT_THAT(said(LogLevel::info, [] { open_device("cuda:6"); }),
              HasSubstr("opened cuda:6: a GPU without a name, sm_90a"));
  EXPECT_EQ(said(LogLevel::warn, [] { open_device("cuda:7"); }), "");
  EXPECT_EQ(said(LogLevel::info, [] { open_device("sim:sm_80"); }),
            "opened sim:sm_80: the simulator, 108 multiprocessors\n");
}

/// A sink that opens the device that it hears of, as one that writes to the GPU's own log would.
TEST_F(CudaLog, ASinkMayOpenDevices) {
  fake.devices = 9;
  set_log_level(LogLevel::info);
  static std::shared_ptr<Device> opened;
  const LogSink before =
      set_log_sink([](LogLevel, std::string_view) { opened = open_device("cuda:8"); });
  const auto device = open_device("cuda:8");
  set_log_sink(before);
  EXPECT_NE(opened, nullptr);
  EXPECT_EQ(opened, device);
}

TEST_F(CudaLog, AKernelThatIsCompiledAndItsLaunches) {
  Stream stream = Stream::create(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  const auto launch = [&] { call(stream, x, y); };
  EXPECT_THAT(said(LogLevel::info, launch),
              MatchesRegex("compiled scale for cuda:0 \\(a cubin\\) in [0-9.]+ ms: none in "
                           "memory, and the cache on disk is off\n"));
  EXPECT_EQ(said(LogLevel::info, launch), "") << "ready from now on";
  EXPECT_THAT(said(LogLevel::debug, launch),
              MatchesRegex("launch scale on cuda:0: 5x2x1 blocks of 128 threads, 0 bytes of "
                           "dynamic shared memory, stream 0x[0-9a-f]+\n"));
}

TEST_F(CudaLog, FilesOfTheCache) {
  const tegula::testing::TemporaryDirectory root;
  cache::DiskCache disk(tegula::testing::settings_in(root.path()));
  const auto device = open_device("cuda:0");
  runtime::TracedKernel traced{tegula::testing::sample_key(1), {}, {}, 0};
  traced.key.identity.target = device->target();
  format::Entry entry = tegula::testing::sample_entry(1);
  entry.payload_kind = format::PayloadKind::cubin;
  entry.assembler = "ptxas 13.0";
  const auto data = std::as_bytes(std::span(payload));
  entry.payload.assign(data.begin(), data.end());
  entry.launch.dynamic_shared = 0;
  const std::string name = cache::name_of(traced.key.identity);
  EXPECT_THAT(said(LogLevel::debug, [&] { disk.store(traced.key, serialise(entry), 1, 1); }),
              MatchesRegex("wrote .*/" + name + "\n"));
  const auto make = [&] { runtime::make_ready(*device, traced, disk); };
  EXPECT_THAT(
      said(LogLevel::debug, make),
      MatchesRegex("key " + name + ": .*\nread .*/" + name + "\nread " + entry.launch.function +
                   " for cuda:0 \\(a cubin by ptxas 13.0\\) from disk in [0-9.]+ ms: none "
                   "in memory\n"));
  EXPECT_THAT(said(LogLevel::info, make), Not(HasSubstr("key ")));
}

}  // namespace
}  // namespace tegula::testing
