// Two devices, many threads, contexts of other libraries.
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "tests/runtime/cuda/cuda_fixture.h"

namespace tegula::testing {
namespace {

class CudaDevices : public Cuda {
 protected:
  struct Pair {
    explicit Pair(const char* device)
        : stream(open_device(device)),
          x(stream.empty(f32, {5, 96})),
          y(stream.empty(f32, {5, 96})) {}
    Stream stream;
    Tensor x, y;
  };
};

TEST_F(CudaDevices, EachHasItsOwnModule) {
  Pair first("cuda:0"), second("cuda:1");
  for (int n = 0; n < 3; ++n)
    for (Pair* pair : {&first, &second}) call(pair->stream, pair->x, pair->y);
  std::set<void*> contexts;
  for (const auto& [module, context] : fake.modules) contexts.insert(context);
  EXPECT_EQ(fake.modules.size(), 2U);
  EXPECT_EQ(contexts.size(), 2U);
  ASSERT_EQ(fake.launches.size(), 6U);
  for (std::size_t n = 0; n < 6; ++n)
    EXPECT_EQ(fake.launches[n].first_parameters.at(0), (n % 2 == 0 ? first : second).x.data());
}

/// Threads that have never called the driver, and ones in which another library did, turn about on
/// both devices. The fake objects to a launch in another context than the function's.
TEST_F(CudaDevices, ThreadsTurnAboutOnBoth) {
  Pair first("cuda:0"), second("cuda:1");
  for (Pair* pair : {&first, &second}) call(pair->stream, pair->x, pair->y);
  std::vector<std::thread> threads;
  std::atomic<int> changed{0};
  char other = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      void* current = t % 2 == 0 ? nullptr : &other;
      fake_cuda_set_current(current);
      for (int n = 0; n < 25; ++n) {
        Pair& pair = (n + t) % 2 == 0 ? first : second;
        Stream own(pair.stream.device());
        call(own, pair.x, pair.y);
        changed += fake_cuda_current() != current;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(changed, 0) << "contexts that were not restored";
  EXPECT_EQ(fake.modules.size(), 2U);
  EXPECT_EQ(fake.launches.size(), 202U);
  std::map<void*, std::set<void*>> contexts_of;  // by the tensor that was given
  for (const FakeCudaLaunch& launch : fake.launches)
    contexts_of[launch.first_parameters.at(0)].insert(launch.context);
  EXPECT_EQ(contexts_of.size(), 2U);
  for (const auto& [tensor, contexts] : contexts_of) EXPECT_EQ(contexts.size(), 1U);
}

TEST_F(CudaDevices, TensorsOfTwoAreAnErrorThatNamesThem) {
  Pair first("cuda:0"), second("cuda:1");
  call(first.stream, first.x, first.y);
  expect_error(ErrorCode::invalid_argument,
               {"scale: error: x: the tensor lies on another device than the stream (got cuda:1; "
                "wanted cuda:0)"},
               [&] { call(first.stream, second.x, first.y); });
  expect_error(ErrorCode::invalid_argument, {"scale: error: y: ", "got cuda:0; wanted cuda:1"},
               [&] { call(second.stream, second.x, first.y); });
  EXPECT_EQ(fake.launches.size(), 1U);
}

/// Memory goes back to the device that it came from, whatever is current where it is let go of.
TEST_F(CudaDevices, AThreadFreesWhatAnotherAllocated) {
  auto pair = std::make_unique<Pair>("cuda:1");
  Pair second("cuda:0");
  std::thread([&] {
    pair.reset();
    EXPECT_EQ(fake_cuda_current(), nullptr);
  }).join();
  EXPECT_EQ(fake.memory.size(), 2U);
}

}  // namespace
}  // namespace tegula::testing
