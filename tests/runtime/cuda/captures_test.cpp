// What streams that are capturing a graph are asked, and what becomes of memory meanwhile.
#include <gmock/gmock.h>

#include "tegula/log.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

class CudaCaptures : public Cuda {
 protected:
  void begin(const Stream& stream) { fake.capturing.insert(stream.native()); }
  void end() { fake.capturing.clear(); }
};

TEST_F(CudaCaptures, CopiesAndWaitingAreRefusedBeforeTheStreamIsTouched) {
  Stream stream = Stream::create(open_device("cuda:0"));
  Tensor x = stream.empty(f32, {3});
  float values[3] = {1, 2, 3};
  begin(stream);
  const auto refuses = [&](const char* what, const auto& body) {
    expect_error(ErrorCode::environment,
                 {"cuda:0: error: stream: ", what, " while the stream is capturing a graph",
                  "before the capture"},
                 body);
  };
  refuses("memory cannot be copied to the device",
          [&] { x.copy_from_host(values, sizeof values); });
  refuses("memory cannot be copied to the host", [&] { x.copy_to_host(values, sizeof values); });
  refuses("the stream cannot be waited for", [&] { stream.synchronize(); });
  refuses("a tensor cannot be allocated", [&] { Tensor::empty(stream, f32, {4}); });
  for (const char* function : {"cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync", "cuStreamSynchronize"})
    EXPECT_EQ(fake.calls_of[function], 0U) << function;
  end();
  x.copy_from_host(values, sizeof values);
  stream.synchronize();
}

/// By the next call of each kind on its stream, and by the stream's end.
TEST_F(CudaCaptures, ATensorFromBeforeIsFreedWhenTheCaptureHasEnded) {
  const auto device = open_device("cuda:0");
  Stream other = Stream::create(device);
  enum class Next { allocate, deallocate, synchronize, destroy };
  for (const Next next : {Next::allocate, Next::deallocate, Next::synchronize, Next::destroy}) {
    Stream stream = Stream::create(device);
    Tensor x = stream.empty(f32, {5, 96}), last = stream.empty(f32, {3});
    begin(stream);
    x = {};
    other.empty(f32, {4});
    other.synchronize();
    EXPECT_EQ(fake.memory.size(), 2U) << "its stream is still capturing";
    end();
    EXPECT_EQ(fake.memory.size(), 2U);
    if (next == Next::allocate) {
      const Tensor y = stream.empty(f32, {4});
      EXPECT_EQ(fake.memory.size(), 2U) << "y and last";
    } else if (next == Next::synchronize) {
      stream.synchronize();
      EXPECT_EQ(fake.memory.size(), 1U);
    } else if (next == Next::deallocate) {
      last = {};
      EXPECT_TRUE(fake.memory.empty());
    } else {
      begin(stream);
      last = {};
      end();
      EXPECT_EQ(fake.memory.size(), 2U);
      stream = other;
      EXPECT_TRUE(fake.memory.empty()) << "freed before their stream is gone";
    }
  }
  EXPECT_TRUE(fake.memory.empty());
  EXPECT_EQ(fake.streams.size(), 1U);
}

/// What a launch's workspace is: allocated and freed in the capture, and no longer known behind it.
TEST_F(CudaCaptures, MemoryOfTheGraphIsFreedInTheCapture) {
  const auto device = open_device("cuda:0");
  Stream stream = Stream::create(device);
  begin(stream);
  void* own = device->allocate(400, stream.native());
  EXPECT_EQ(fake.graph_memory.size(), 1U);
  device->deallocate(own, stream.native());
  EXPECT_TRUE(fake.memory.empty());
  void* kept = device->allocate(400, stream.native());
  end();
  device->deallocate(kept, stream.native());
  EXPECT_TRUE(fake.memory.empty());
}

TEST_F(CudaCaptures, AStreamThatEndsWhileCapturing) {
  set_log_level(LogLevel::warn);
  const tegula::testing::LogLines lines;
  {
    Stream stream = Stream::create(open_device("cuda:0"));
    const Tensor x = stream.empty(f32, {5, 96});
    begin(stream);
  }
  EXPECT_THAT(lines.text(), ::testing::HasSubstr("cuda:0: a stream is destroyed while it is "
                                                 "capturing a graph: 1 blocks"));
  EXPECT_TRUE(fake.streams.empty());
}

TEST_F(CudaCaptures, WithoutMemoryPools) {
  fake.devices = 10;
  fake.has_pools = false;
  const auto device = open_device("cuda:9");
  Stream stream = Stream::create(device);
  Tensor x = stream.empty(f32, {4});
  begin(stream);
  expect_error(ErrorCode::environment,
               {"cuda:9: error: stream: the device has no memory pools, so it cannot allocate 400 "
                "bytes while the stream is capturing",
                "serves_captures()"},
               [&] { device->allocate(400, stream.native()); });
  x = {};
  EXPECT_EQ(fake.memory.size(), 1U);
  end();
  stream.synchronize();
  EXPECT_TRUE(fake.memory.empty());
}

}  // namespace
}  // namespace tegula::testing
