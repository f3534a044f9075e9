// Faults of processes: killed while writing, many at once, holders of locks that die or hang.
// Each test is named after a row of the fault table in docs/cache.md.
#include <random>

#include "runtime/cache/maintenance.h"
#include "tests/cache/log_lines.h"
#include "tests/cache/temporary_directory.h"
#include "tests/fault/fake_compiler.h"
#include "tests/fault/processes.h"
#include "tests/runtime/fake_device.h"

namespace tegula {
namespace {

using namespace testing;
using cache::DiskCache;

constexpr std::uint64_t keys = 8;
constexpr std::size_t big = 300000;  // several writes' worth: a kill finds one half done

int write_for_ever(const std::string& directory, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  DiskCache cache(settings_in(directory));
  for (;;) store_sample(cache, random() % keys, big);
}

int read_for_ever(const std::string& directory, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  DiskCache cache(settings_in(directory));
  for (;;) {
    const std::uint64_t key = random() % keys;
    const auto entry = cache.find(sample_key(key).identity);
    if (entry && !is_sample(*entry, key, big)) return 1;
    if (cache.counters().quarantined > 0) return 2;
  }
}

int prune_for_ever(const std::string& directory) {
  cache::Directory own(directory, cache::Directory::Access::write, false);
  for (;;) cache::prune(own, 4 * big);
}

TEST(Fault, KillMidWrite) {
  const TemporaryDirectory root;
  std::mt19937_64 random(1);
  int killed = 0, checked = 0;
  for (int round = 0; round < 250; ++round) {
    const std::uint64_t seed = random();
    const pid_t children[] = {
        start_process([&] { return write_for_ever(root.path(), seed); }),
        start_process([&] { return write_for_ever(root.path(), seed + 1); }),
        start_process([&] { return read_for_ever(root.path(), seed + 2); }),
        start_process([&] { return prune_for_ever(root.path()); }),
    };
    ::usleep(static_cast<useconds_t>(2000 + random() % 8000));
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) {
      EXPECT_EQ(wait_for(child), -1) << "a reader saw what it should not have";
      ++killed;
    }
    for (const cache::Listed& listed : cache::examine(
             *DiskCache(settings_in(root.path())).directories().front())) {
      EXPECT_EQ(listed.problem, "") << listed.name;
      ++checked;
    }
    if (HasFailure()) break;
  }
  std::printf("%d processes killed in 250 rounds, %d files examined\n", killed, checked);
  EXPECT_EQ(killed, 1000);
  EXPECT_GT(checked, 250);
}

TEST(Fault, SameKeyInManyProcesses) {
  const TemporaryDirectory root, count;
  const FakeCompiler compiler(count / "runs", 100);
  std::vector<pid_t> children;
  for (int k = 0; k < 64; ++k)
    children.push_back(start_process([&] {
      FakeDevice device;
      DiskCache cache(settings_in(root.path()));
      const auto ready = runtime::make_ready(device, traced_sample(1), cache);
      return is_sample(ready->entry, 1) ? 0 : 1;
    }));
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  std::printf("64 processes, %d compiles\n", compiler.runs());
  EXPECT_GE(compiler.runs(), 1);
  EXPECT_LE(compiler.runs(), 2);
}

/// A child that takes the key's lock, says so, and then does `then`.
pid_t hold_lock(const std::string& directory, const std::function<void()>& then) {
  int ready[2];
  EXPECT_EQ(::pipe(ready), 0);
  const pid_t child = start_process([&] {
    DiskCache cache(settings_in(directory));
    const auto lock = cache.lock(sample_key(1).identity);
    [[maybe_unused]] const auto said = ::write(ready[1], "x", 1);
    then();
    return 0;
  });
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST(Fault, LockHolderDies) {
  const TemporaryDirectory root, count;
  const FakeCompiler compiler(count / "runs", 0);
  const pid_t holder = hold_lock(root.path(), [] { ::pause(); });
  const pid_t killer = start_process([&] {
    ::usleep(50000);
    ::kill(holder, SIGKILL);
    return 0;
  });
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  EXPECT_TRUE(is_sample(runtime::make_ready(device, traced_sample(1), cache)->entry, 1));
  EXPECT_EQ(cache.counters().lock_timeouts, 0u);
  wait_for(killer);
  wait_for(holder);
}

TEST(Fault, LockHolderHangs) {
  const TemporaryDirectory root, count;
  const FakeCompiler compiler(count / "runs", 0);
  const pid_t holder = hold_lock(root.path(), [] { ::pause(); });
  FakeDevice device;
  cache::Settings settings = settings_in(root.path());
  settings.patience = std::chrono::milliseconds(100);
  DiskCache cache(settings);
  EXPECT_TRUE(is_sample(runtime::make_ready(device, traced_sample(1), cache)->entry, 1));
  EXPECT_EQ(cache.counters().lock_timeouts, 1u);
  ::kill(holder, SIGKILL);
  wait_for(holder);
}

TEST(Fault, AForkedChildHoldsNoLockOfItsParents) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  pid_t child = -1;
  {
    const auto lock = cache.lock(sample_key(1).identity);
    child = start_process([] {
      ::pause();
      return 0;
    });
  }
  ::usleep(20000);
  EXPECT_EQ(cache.lock(sample_key(1).identity)->outcome(), cache::KeyLock::Outcome::alone);
  ::kill(child, SIGKILL);
  wait_for(child);
}

TEST(Fault, EvictionWhileInUse) {
  const TemporaryDirectory root, count;
  const FakeCompiler compiler(count / "runs", 0);
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  const auto ready = runtime::make_ready(device, traced_sample(1), cache);
  EXPECT_EQ(ready->source, "disk");
  cache::clear(*cache.directories().front());
  EXPECT_TRUE(is_sample(ready->entry, 1));
  EXPECT_EQ(compiler.runs(), 0);
}

}  // namespace
}  // namespace tegula
