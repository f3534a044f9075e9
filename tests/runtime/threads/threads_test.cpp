// Thousands of threads launch kernels that are ready, in the making, and new, while their files are
// evicted: each kernel is made once, whoever wants it waits for it, and a kernel that is ready is
// found without a lock. For ThreadSanitizer above all.
#include <atomic>
#include <latch>
#include <thread>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/maintenance.h"
#include "tests/dsl/helpers.h"
#include "tests/dsl/launch/fake_compiler.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/device/fake_device.h"

namespace tegula::testing {
namespace {

/// The process's cache directory, named before anything asks for it.
class OwnCache : public ::testing::Environment {
 public:
  void SetUp() override { ::setenv("TEGULA_CACHE_DIR", root_.path().c_str(), 1); }

 private:
  tegula::testing::TemporaryDirectory root_;
};
[[maybe_unused]] const auto* own_cache = ::testing::AddGlobalTestEnvironment(new OwnCache);

/// Counts launches, of any thread.
class CountingDevice : public tegula::testing::FakeDevice {
 public:
  void* allocate(std::size_t bytes, NativeStream) override {
    return std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  }
  void deallocate(void* data, NativeStream) noexcept override { std::free(data); }
  void launch(const LoadedKernel&, const LaunchCall& call) override {
    launched.fetch_add(1, std::memory_order_relaxed);
    if (call.grid != std::array<std::uint32_t, 3>{5, 2, 1}) wrong = true;
  }
  std::atomic<int> launched{0};
  std::atomic<bool> wrong{false};
};

std::vector<std::byte> compile_slowly(std::span<const std::byte> request) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return fake_compile(request);
}

struct Cfg {
  int bn = 64, number = 0;
};
void scale(const Cfg& c, In x, Out y, F32 factor) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({m, cdiv(n, c.bn)});
  y.tiles({1, c.bn}).store(x.tiles({1, c.bn}).load({i, j}) * factor + c.number, {i, j});
}
const auto scale_kernel = kernel("threads_scale", scale, {"x", "y", "factor"})
                              .field("bn", &Cfg::bn)
                              .field("number", &Cfg::number);

constexpr int threads = 2000;
constexpr int launches = 8;   // of each thread
constexpr int kernels = 100;  // configs of the one kernel

class Threads : public WithFakeCompiler {
 protected:
  Threads() : WithFakeCompiler(compile_slowly) {}

  /// `body(t)` in every thread at once.
  template <class F>
  static void run(const F& body) {
    std::latch start(threads);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([&, t] {
        start.arrive_and_wait();
        body(t);
      });
    for (std::thread& thread : all) thread.join();
  }
  void launch(int number) {
    Stream own(device);
    scale_kernel.with({.number = number}).launch(own, x, y, 2.0f);
  }

  std::shared_ptr<CountingDevice> device = std::make_shared<CountingDevice>();
  Stream stream{device};
  Tensor x = stream.empty(f32, {5, 96}), y = stream.empty(f32, {5, 96});
};

TEST_F(Threads, ThousandsOfThreads) {
  run([&](int t) {
    for (int n = 0; n < launches; ++n) launch((t + n) % kernels);
  });
  std::printf("threads: %d, launches: %d, kernels: %d, compiles: %d\n", threads,
              device->launched.load(), kernels, compiled.load());
  EXPECT_EQ(device->launched, threads * launches);
  EXPECT_FALSE(device->wrong);
  EXPECT_EQ(compiled, kernels);
  EXPECT_EQ(runtime::KernelTable::instance().size(), std::size_t{kernels});
  EXPECT_EQ(cache_counters().stores, std::uint64_t{kernels});
}

/// Files go and ready kernels are forgotten all the while: launches find them in memory, on disk,
/// or have them compiled.
TEST_F(Threads, WhileFilesAndKernelsGo) {
  std::atomic<bool> done{false};
  std::atomic<int> prunes{0}, clears{0};
  std::thread pruner([&] {
    cache::Directory& directory = *cache::DiskCache::instance().directories().front();
    while (!done) {
      cache::prune(directory, 100000);
      for (const cache::Listed& listed : cache::examine(directory))
        EXPECT_THAT(listed.problem, ::testing::AnyOf("", "the file cannot be read")) << listed.name;
      if (++prunes % 64 == 0) cache::clear(directory);
    }
  });
  std::thread forgetter([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      runtime::KernelTable::instance().clear();
      ++clears;
    }
  });
  run([&](int t) {
    for (int n = 0; n < launches; ++n) launch(1000 + (t * launches + n) % kernels);
  });
  done = true;
  pruner.join();
  forgetter.join();
  const CacheCounters counters = cache_counters();
  std::printf("threads: %d, launches: %d, compiles: %d, from disk: %d, prunes: %d, clears: %d\n",
              threads, device->launched.load(), compiled.load(), static_cast<int>(counters.hits),
              prunes.load(), clears.load());
  EXPECT_EQ(device->launched, threads * launches);
  EXPECT_FALSE(device->wrong);
  EXPECT_EQ(counters.quarantined, 0U);
  EXPECT_GT(prunes, 0);
}

}  // namespace
}  // namespace tegula::testing
