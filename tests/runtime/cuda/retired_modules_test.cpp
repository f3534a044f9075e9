// When a kernel that nobody can launch any more is unloaded.
#include "runtime/launch/launch.h"
#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

class CudaRetired : public Cuda {
 protected:
  using Kernel = std::shared_ptr<LoadedKernel>;

  Kernel load() {
    format::Entry entry;
    entry.launch.function = "scale";
    const auto data = std::as_bytes(std::span(cubin));
    entry.payload.assign(data.begin(), data.end());
    return device->load(entry, {});
  }
  void launch(const Kernel& kernel, const Stream& stream) {
    void* value = nullptr;
    void* const parameters[] = {&value};
    device->launch(*kernel, {.threads = 32, .stream = stream.native(), .parameters = parameters});
  }
  /// Modules that are loaded beside the other one.
  std::size_t loaded() {
    load();  // which looks for what can be unloaded
    return fake.modules.size() - 1;
  }

  std::shared_ptr<Device> device = open_device("cuda:0");
  const Kernel other = load();
};

TEST_F(CudaRetired, AKernelThatWasNotLaunchedGoesAtOnce) {
  load();
  EXPECT_EQ(fake.modules.size(), 1U);
}

TEST_F(CudaRetired, AKernelGoesWhenItsLaunchesAreDone) {
  const Stream stream = Stream::create(device), idle = Stream::create(device);
  fake.busy = true;
  Kernel kernel = load();
  launch(kernel, stream);
  launch(kernel, stream);
  EXPECT_TRUE(fake.events.empty()) << "a launch alone costs none";
  kernel.reset();
  EXPECT_EQ(loaded(), 1U);
  launch(other, idle);
  EXPECT_TRUE(fake.events.empty()) << "says nothing of the other stream";
  launch(other, stream);
  launch(other, stream);
  EXPECT_EQ(fake.events.size(), 1U);
  EXPECT_EQ(loaded(), 1U) << "still running";
  fake.busy = false;
  EXPECT_EQ(loaded(), 0U);
  EXPECT_TRUE(fake.events.empty());
}

TEST_F(CudaRetired, OnEachOfItsStreams) {
  const Stream first(device), second = Stream::create(device);
  Kernel kernel = load();
  launch(kernel, first);
  launch(kernel, second);
  kernel.reset();
  launch(other, first);
  EXPECT_EQ(loaded(), 1U);
  launch(other, second);
  EXPECT_EQ(loaded(), 0U);
}

TEST_F(CudaRetired, AStreamThatEndsIsPassed) {
  {
    const Stream stream = Stream::create(device);
    const Kernel kernel = load();
    launch(kernel, stream);
  }
  // The kernel went first, and was waiting for the stream.
  EXPECT_EQ(loaded(), 0U);
}

/// The graph may be launched at any time, and the driver does not say for how long.
TEST_F(CudaRetired, AKernelOfAGraphStays) {
  const Stream stream = Stream::create(device);
  Kernel kernel = load();
  fake.capturing.insert(stream.native());
  launch(kernel, stream);
  fake.capturing.clear();
  launch(kernel, stream);
  kernel.reset();
  launch(other, stream);
  EXPECT_EQ(loaded(), 1U);
}

/// Loading, recording and asking leave it alone, and it stands for no work that was done.
TEST_F(CudaRetired, WhileACaptureIsUnderWay) {
  const Stream stream = Stream::create(device), capturing = Stream::create(device);
  Kernel kernel = load();
  launch(kernel, stream);
  launch(kernel, capturing);
  kernel.reset();
  fake.capturing.insert(capturing.native());
  launch(other, stream);
  launch(other, capturing);
  EXPECT_EQ(loaded(), 1U);
  fake.capturing.clear();
  launch(other, capturing);
  EXPECT_EQ(loaded(), 0U);
}

TEST_F(CudaRetired, OneThatWasLaunchedOnManyStreamsStays) {
  std::vector<Stream> streams;
  for (int k = 0; k < 5; ++k) streams.push_back(Stream::create(device));
  Kernel kernel = load();
  for (const Stream& stream : streams) launch(kernel, stream);
  kernel.reset();
  for (const Stream& stream : streams) launch(other, stream);
  EXPECT_EQ(loaded(), 1U);
}

/// One handle, which is another stream in each thread.
TEST_F(CudaRetired, OneThatWasLaunchedOnTheStreamOfEachThreadStays) {
  const Stream per_thread = Stream::wrap(device, reinterpret_cast<NativeStream>(2));
  fake.streams.insert(per_thread.native());
  Kernel kernel = load();
  launch(kernel, per_thread);
  kernel.reset();
  launch(other, per_thread);
  EXPECT_EQ(loaded(), 1U);
}

}  // namespace
}  // namespace tegula::testing
