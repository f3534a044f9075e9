// Faults of GPUs, over the fake driver. Each test is named after a row of the fault table in
// docs/faults.md.
#include <thread>

#include "tests/runtime/cuda/cuda_fixture.h"
#include "tests/runtime/fault/processes.h"

namespace tegula::testing {
namespace {

using tegula::testing::start_process;
using tegula::testing::wait_for;
using FaultCuda = Cuda;

TEST_F(FaultCuda, WrongArchOrDriverDowngrade) {
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  fake.fail_function = "cuModuleLoadDataEx";
  fake.fail_result = cuda::unsupported_ptx_version;
  fake.driver_version = 12040;
  for (const auto& [ptx, wanted] : {std::pair{"8.7", "needs driver >= CUDA 12.8"},
                                    {"8.5", "needs driver >= CUDA 12.5"},
                                    {"7.8", "needs driver >= CUDA 11.8"},
                                    {"9.1", "needs driver >= CUDA 13.1"}}) {
    payload = std::string(".version ") + ptx + "\n.target sm_90a\n";
    expect_error(ErrorCode::environment, {"the driver is of CUDA 12.4", ptx, wanted},
                 [&] { call(stream, x, y); });
  }
  fake.fail_result = cuda::no_binary_for_gpu;
  payload = cubin;
  expect_error(ErrorCode::corrupt_data, {"refuses the kernel compiled for sm_90a"},
               [&] { call(stream, x, y); });
  EXPECT_TRUE(fake.launches.empty());
}

TEST_F(FaultCuda, WrongContextOrFreshThread) {
  Stream first(open_device("cuda:0")), second(open_device("cuda:1"));
  const Tensor x = first.empty(f32, {5, 96}), y = first.empty(f32, {5, 96});
  const Tensor u = second.empty(f32, {5, 96}), v = second.empty(f32, {5, 96});
  call(first, x, y);
  call(second, u, v);
  const void *of_first = fake.launches[0].context, *of_second = fake.launches[1].context;
  ASSERT_NE(of_first, of_second);
  std::thread([&] {
    EXPECT_EQ(fake_cuda_current(), nullptr) << "a thread begins without";
    call(first, y, x);
    EXPECT_EQ(fake_cuda_current(), nullptr);
    fake_cuda_set_current(const_cast<void*>(of_second));
    call(first, x, y);
    EXPECT_EQ(fake_cuda_current(), of_second) << "put back";
    fake_cuda_set_current(nullptr);
  }).join();
  EXPECT_EQ(fake.launches[2].context, of_first);
  EXPECT_EQ(fake.launches[3].context, of_first);
  expect_error(ErrorCode::invalid_argument, {"y: the tensor lies on another device", "cuda:1"},
               [&] { call(first, x, v); });
}

TEST_F(FaultCuda, StreamCapturing) {
  Stream stream = Stream::create(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  fake.capturing.insert(stream.native());
  expect_error(ErrorCode::environment, {"scale: error: stream: ", "before the capture begins"},
               [&] { call(stream, x, y); });
  EXPECT_EQ(compiled, 0);
  fake.capturing.clear();
  call(stream, x, y);
  fake.capturing.insert(stream.native());
  call(stream, y, x);
  EXPECT_EQ(fake.launches.size(), 2u);
  fake.capturing.clear();
}

TEST_F(FaultCuda, SharedMemoryExceeded) {
  dynamic_shared = 200000;
  fake.devices = 3;
  fake.shared_limit = 101376;  // as of sm_120, which runs what was compiled for another one
  Stream stream(open_device("cuda:2"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  expect_error(ErrorCode::out_of_resources,
               {"scale: error: cuda:2: ", "more shared memory than a block may have",
                "got 200000 bytes", "wanted at most 101376 bytes"},
               [&] { call(stream, x, y); });
  EXPECT_TRUE(fake.modules.empty());
  dynamic_shared = 101376;
  call(stream, x, y);
  EXPECT_EQ(fake.launches.size(), 1u);
}

TEST_F(FaultCuda, ForkAfterCuda) {
  Stream stream(open_device("cuda:0"));
  const Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
  call(stream, x, y);
  const int status = wait_for(start_process([&] {
    try {
      call(stream, y, x);
    } catch (const Error& error) {
      return error.code() == ErrorCode::environment &&
                     std::string(error.what()).find("forked") != std::string::npos
                 ? 0
                 : 1;
    }
    return 2;
  }));
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace tegula::testing
