#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "runtime/launch/kernel_table.h"
#include "runtime/launch/launch_plan.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"
#include "tests/support/sanitized.h"

namespace tegula::runtime {
namespace {

CallKey key_of(std::string_view text) {
  CallKey key;
  for (const char c : text) key.put(static_cast<std::uint64_t>(c));
  return key;
}

std::shared_ptr<const ReadyKernel> named(const std::string& name) {
  auto kernel = std::make_shared<ReadyKernel>();
  kernel->entry.launch.function = name;
  return kernel;
}

TEST(KernelTable, MakesOnceForEachKey) {
  KernelTable table;
  int made = 0;
  const auto make = [&] { return ++made, named("k"); };
  const auto first = table.find_or_make(key_of("a"), make);
  EXPECT_EQ(table.find_or_make(key_of("a"), make), first);
  EXPECT_NE(table.find_or_make(key_of("b"), make), first);
  EXPECT_EQ(made, 2);
  EXPECT_EQ(table.size(), 2U);
  table.clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(first->entry.launch.function, "k") << "it lives as long as somebody holds it";
}

TEST(KernelTable, KeysAreComparedWhole) {
  KernelTable table;
  const std::string many(200, 'x');  // more words than a key holds without allocating
  for (const std::string& text :
       {std::string("ab"), std::string("a"), std::string(), many + "1", many + "2"}) {
    EXPECT_EQ(table.find(key_of(text)), nullptr);
    const auto made = table.find_or_make(key_of(text), [&] { return named(text); });
    EXPECT_EQ(table.find(key_of(text)), made);
    EXPECT_EQ(made->entry.launch.function, text);
  }
}

TEST(KernelTable, GrowsWhileOthersRead) {
  KernelTable table;
  constexpr int count = 3000;
  std::atomic<int> made = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&, t] {
      while (made < count) {
        const int below = made;
        for (int k = t; k < below; k += 7) {
          const auto kernel = table.find(key_of(std::to_string(k)));
          ASSERT_NE(kernel, nullptr) << k;
          ASSERT_EQ(kernel->entry.launch.function, std::to_string(k));
        }
      }
    });
  for (int k = 0; k < count; ++k) {
    table.find_or_make(key_of(std::to_string(k)), [&] { return named(std::to_string(k)); });
    made = k + 1;
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(table.size(), 3000U);
}

TEST(KernelTable, AFailureIsNotKept) {
  KernelTable table;
  EXPECT_THROW(table.find_or_make(
                   key_of("a"),
                   []() -> std::shared_ptr<const ReadyKernel> { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_NE(table.find_or_make(key_of("a"), [] { return named("k"); }), nullptr);
}

TEST(KernelTable, ManyThreadsMakeOne) {
  constexpr int threads = 16;
  KernelTable table;
  std::atomic<int> made = 0;
  std::latch start(threads);
  std::vector<KernelTable::Kernel> got(threads);
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      start.arrive_and_wait();
      got[i] = table.find_or_make(key_of("a"), [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return ++made, named("k");
      });
    });
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(made, 1);
  for (const auto& kernel : got) EXPECT_EQ(kernel, got[0]);
}

TEST(KernelTable, AFailureReachesEveryWaiter) {
  constexpr int threads = 8;
  KernelTable table;
  std::latch waiting(1);
  std::atomic<int> failed = 0;
  std::thread maker([&] {
    try {
      table.find_or_make(key_of("a"), [&]() -> std::shared_ptr<const ReadyKernel> {
        waiting.count_down();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        throw std::runtime_error("no");
      });
    } catch (const std::runtime_error&) {
      ++failed;
    }
  });
  waiting.wait();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      try {
        // Whoever comes too late for the failure makes the kernel himself, and fails as well.
        table.find_or_make(key_of("a"), []() -> std::shared_ptr<const ReadyKernel> {
          throw std::runtime_error("late");
        });
      } catch (const std::runtime_error&) {
        ++failed;
      }
    });
  maker.join();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(failed, threads + 1);
  EXPECT_EQ(table.size(), 0U);
}

TEST(KernelTable, OneKeyDoesNotBlockAnother) {
  KernelTable table;
  const auto outer = table.find_or_make(key_of("a"), [&] {
    table.find_or_make(key_of("b"), [] { return named("b"); });  // no lock is held meanwhile
    table.clear();
    return named("a");
  });
  EXPECT_EQ(outer->entry.launch.function, "a");
}

TEST(KernelTable, AKernelInTheMakingThatWantsItselfIsAnError) {
  KernelTable table;
  const auto made = table.find_or_make(key_of("a"), [&] {
    testing::expect_error(ErrorCode::environment, {"in the making", "log sink"},
                          [&] { table.find_or_make(key_of("a"), [] { return named("inner"); }); });
    return named("a");
  });
  EXPECT_EQ(table.find(key_of("a")), made);
}

TEST(KernelTable, TwoInTheMakingThatWantEachOther) {
  KernelTable table;
  std::latch both(2);
  std::atomic<int> refused = 0;
  const auto make = [&](const std::string& own, const std::string& other) {
    table.find_or_make(key_of(own), [&] {
      both.arrive_and_wait();
      try {
        EXPECT_EQ(
            table.find_or_make(key_of(other), [&] { return named(other); })->entry.launch.function,
            other);
      } catch (const Error&) {
        ++refused;
      }
      return named(own);
    });
  };
  std::thread first([&] { make("a", "b"); });
  make("b", "a");
  first.join();
  EXPECT_EQ(refused, 1) << "the second to ask; the other has its kernel then";
  EXPECT_EQ(table.size(), 2U);
}

// For AddressSanitizer: who asks for `a` looks at what its maker waits for, `b`, which has landed
// and gone while the maker has not woken up yet.
TEST(KernelTable, AskersOfOneThatWaitedForWhatHasLanded) {
  for (int round = 0; round < 300; ++round) {
    KernelTable table;
    std::latch b_begun(1), a_waits(1), all(6);
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
      table.find_or_make(key_of("b"), [&] {
        b_begun.count_down();
        all.arrive_and_wait();
        return named("b");
      });
    });
    threads.emplace_back([&] {
      b_begun.wait();
      table.find_or_make(key_of("a"), [&] {
        a_waits.count_down();
        all.count_down();
        EXPECT_EQ(table.find_or_make(key_of("b"), [] { return named("b"); })->entry.launch.function,
                  "b");
        return named("a");
      });
    });
    for (int asker = 0; asker < 4; ++asker)
      threads.emplace_back([&] {
        a_waits.wait();
        all.arrive_and_wait();
        EXPECT_EQ(table.find_or_make(key_of("a"), [] { return named("a"); })->entry.launch.function,
                  "a");
      });
    for (std::thread& thread : threads) thread.join();
  }
}

constexpr std::size_t heavy_bytes = 10000;
std::shared_ptr<const ReadyKernel> heavy(const std::string& name) {
  auto kernel = std::make_shared<ReadyKernel>();
  kernel->entry.launch.function = name;
  kernel->entry.payload.resize(heavy_bytes);
  return kernel;
}
void add(KernelTable& table, const std::string& name) {
  table.find_or_make(key_of(name), [&] { return heavy(name); });
}
bool has(const KernelTable& table, const std::string& name) {
  return table.find(key_of(name)) != nullptr;
}

TEST(KernelTable, LetsGoWhatWasOfUseLongestAgo) {
  KernelTable table(10 * heavy_bytes);
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) add(table, name);
  EXPECT_EQ(table.usage().evicted, 0U);
  EXPECT_TRUE(has(table, "a"));
  for (const char* name : {"g", "h", "i", "j", "k", "l"}) {
    add(table, name);
    EXPECT_TRUE(has(table, name));
    EXPECT_TRUE(has(table, "a")) << name;
    EXPECT_LE(table.usage().bytes, table.usage().max_bytes);
  }
  EXPECT_FALSE(has(table, "b"));
  EXPECT_TRUE(has(table, "k"));
  EXPECT_GE(table.usage().evicted, 3U);
  EXPECT_EQ(table.usage().kernels + table.usage().evicted, 12U);
  add(table, "b");  // made again
  EXPECT_TRUE(has(table, "b"));
}

TEST(KernelTable, WhatIsEvictedIsFreed) {
  KernelTable table(10 * heavy_bytes);
  std::vector<std::weak_ptr<const ReadyKernel>> all;
  for (int k = 0; k < 1000; ++k) {
    add(table, std::to_string(k));
    all.push_back(table.find(key_of(std::to_string(k))));
  }
  const auto alive = [&] {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [](const auto& kernel) { return !kernel.expired(); }));
  };
  EXPECT_EQ(alive(), table.size());
  EXPECT_LE(alive(), 9U);
  table.clear();
  EXPECT_EQ(alive(), 0U);
  EXPECT_EQ(table.usage().bytes, 0U);
}

TEST(KernelTable, WhatIsHeldStays) {
  KernelTable table(10 * heavy_bytes);
  add(table, "a");
  const auto held = table.find(key_of("a"));
  for (int k = 0; k < 100; ++k) add(table, std::to_string(k));
  EXPECT_EQ(table.find(key_of("a")), held);
  std::vector<KernelTable::Kernel> many;
  for (int k = 0; k < 100; ++k)
    many.push_back(
        table.find_or_make(key_of(std::to_string(k)), [&] { return heavy(std::to_string(k)); }));
  EXPECT_GE(table.size(), 100U) << "beyond the bound, as all are in use";
  many.clear();
  for (int k = 200; k < 300; ++k) add(table, std::to_string(k));
  EXPECT_LE(table.usage().bytes, table.usage().max_bytes);
  EXPECT_EQ(table.find(key_of("a")), held);
}

/// A plan launches without a look into the table.
TEST(KernelTable, WhatAPlanLaunchesStaysAndWasOfUseUntilThePlanGoes) {
  const auto device = std::make_shared<testing::FakeDevice>();
  Stream stream(device);
  const Tensor x = stream.empty(f32, {8, 4}), y = stream.empty(f32, {8, 4});
  const std::vector<KernelArgument> arguments = {x.ref(), TensorRef{}, y.ref(), 2.0f};
  const auto copy = [&] { return std::make_shared<ReadyKernel>(testing::copy_kernel(*device)); };
  KernelTable table(10 * heavy_bytes);
  auto fill = [&, n = 0](int more) mutable {
    for (int k = 0; k < more; ++k) add(table, std::to_string(n++));
  };
  {
    LaunchPlan plan;
    plan.make(table.find_or_make(key_of("copy"), copy), arguments, *device);
    fill(50);
    plan.launch(stream, arguments);
    EXPECT_EQ(device->launches.size(), 1U);
  }
  fill(3);
  EXPECT_TRUE(has(table, "copy"));
  fill(20);
  EXPECT_FALSE(has(table, "copy"));
}

TEST(KernelTable, EvictsWhileOthersRead) {
  KernelTable table(20 * heavy_bytes);
  constexpr int threads = 6, calls = 20000, kernels = 60;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t)
    workers.emplace_back([&, t] {
      std::uint32_t random = static_cast<std::uint32_t>(t) + 1;
      KernelTable::Kernel kept;
      for (int n = 0; n < rounds(calls); ++n) {
        random = random * 1664525 + 1013904223;
        const std::string name = std::to_string((random >> 16) % kernels);
        auto kernel = n % 3 == 0 ? table.find(key_of(name))
                                 : table.find_or_make(key_of(name), [&] { return heavy(name); });
        if (kernel != nullptr) wrong += kernel->entry.launch.function != name;
        if (n % 5 == 0) kept = std::move(kernel);
        if (kept != nullptr) wrong += kept->entry.payload.size() != heavy_bytes;
      }
    });
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(table.usage().evicted, 100U);
  add(table, "last");
  EXPECT_LE(table.usage().bytes, table.usage().max_bytes);
}

TEST(KernelTable, TheInstanceIsOne) {
  EXPECT_EQ(&KernelTable::instance(), &KernelTable::instance());
}

}  // namespace
}  // namespace tegula::runtime
