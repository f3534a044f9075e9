// Faults of processes: killed while writing, many at once, holders of locks that die or hang.
// Each test is named after a row of the fault table in docs/faults.md.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "runtime/cache/maintenance.h"
#include "runtime/compile/compiler_process.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/fault/counting_compiler.h"
#include "tests/runtime/fault/processes.h"
#include "tests/support/sanitized.h"

namespace tegula {
namespace {

using namespace testing;
using cache::DiskCache;

constexpr std::uint64_t keys = 8;
constexpr std::uint64_t lasting = 100;  // a key that nobody writes, nor evicts before the others
constexpr std::size_t big = 300000;     // several writes' worth: a kill finds one half done

/// Made before the children are: to make one takes longer than to write it.
const std::vector<std::byte>& big_sample(std::uint64_t key) {
  static const auto samples = [] {
    std::vector<std::vector<std::byte>> all;
    for (std::uint64_t k = 0; k < keys; ++k) all.push_back(sample_bytes(k, big));
    return all;
  }();
  return samples.at(key);
}

/// What the children have done, in memory that they share with the test.
struct Work {
  std::atomic<std::uint64_t> written[2], hits, reads, prunes;
  bool all_at_work() const { return written[0] && written[1] && reads && prunes; }
};

class SharedWork {
 public:
  SharedWork()
      : work_(new (::mmap(nullptr, sizeof(Work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                          -1, 0)) Work{}) {}
  ~SharedWork() { ::munmap(work_, sizeof(Work)); }
  SharedWork(const SharedWork&) = delete;
  SharedWork& operator=(const SharedWork&) = delete;
  Work* operator->() { return work_; }

 private:
  Work* work_;
};

int write_for_ever(const std::string& directory, std::uint64_t seed,
                   std::atomic<std::uint64_t>& written) {
  std::mt19937_64 random(seed);
  DiskCache cache(settings_in(directory));
  for (;; ++written) {
    const std::uint64_t key = random() % keys;
    cache.store(sample_key(key), big_sample(key), 100, 2000);
  }
}

int read_for_ever(const std::string& directory, std::uint64_t seed, SharedWork& work) {
  std::mt19937_64 random(seed);
  DiskCache cache(settings_in(directory));
  for (;; ++work->reads) {
    const std::uint64_t key = random() % keys;
    const auto entry = cache.find(sample_key(key).identity);
    if (entry && format::serialise(*entry) != big_sample(key)) return 1;
    if (cache.counters().quarantined > 0) return 2;
    if (entry) ++work->hits;
  }
}

int prune_for_ever(const std::string& directory, SharedWork& work) {
  cache::Directory own(directory, cache::Directory::Access::write, false);
  for (;; ++work->prunes) cache::prune(own, 4 * big);
}

/// As if the file had been written so many seconds from now.
void set_age(const std::string& path, std::int64_t seconds) {
  const timespec then = {::time(nullptr) + seconds, 0};
  const timespec times[2] = {then, then};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
}

/// What killed writers leave behind goes when it is old.
std::uint64_t reap(const std::string& root, cache::Directory& directory) {
  for (const cache::FileInfo& file : directory.list())
    if (cache::is_temporary(file.name)) set_age(root + "/" + file.name, -7200);
  const std::uint64_t reaped = cache::prune(directory, 1 << 30).temporaries;
  EXPECT_EQ(cache::usage(directory).temporaries, 0u);
  return reaped;
}

TEST(Fault, KillMidWrite) {
  const TemporaryDirectory root;
  SharedWork work;
  std::mt19937_64 random(1);
  big_sample(0);
  {
    DiskCache cache(settings_in(root.path()));
    store_sample(cache, lasting, big);
    set_age(root / cache::name_of(sample_key(lasting).identity), 80000);
  }
  std::uint64_t checked = 0, reaped = 0, written = 0, reads = 0, hits = 0, prunes = 0;
  int killed = 0, wrong = 0, lost = 0;
  const int all_rounds = rounds(1000);
  for (int round = 0; round < all_rounds && wrong + lost == 0; ++round) {
    work->written[0] = work->written[1] = work->hits = work->reads = work->prunes = 0;
    const std::uint64_t seed = random();
    const pid_t children[] = {
        start_process([&] { return write_for_ever(root.path(), seed, work->written[0]); }),
        start_process([&] { return write_for_ever(root.path(), seed + 1, work->written[1]); }),
        start_process([&] { return read_for_ever(root.path(), seed + 2, work); }),
        start_process([&] { return prune_for_ever(root.path(), work); }),
    };
    for (int waited = 0; !work->all_at_work() && waited < 10000; ++waited) ::usleep(1000);
    ::usleep(static_cast<useconds_t>(random() % 4000));
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) {
      // Otherwise a reader has seen what it should not have.
      ++(wait_for(child) == -1 ? killed : wrong);
    }
    EXPECT_TRUE(work->all_at_work()) << "killed before it began";
    written += work->written[0] + work->written[1];
    hits += work->hits;
    reads += work->reads;
    prunes += work->prunes;

    DiskCache cache(settings_in(root.path()));
    cache::Directory& directory = *cache.directories().front();
    for (const cache::Listed& listed : cache::examine(directory)) {
      EXPECT_EQ(listed.problem, "") << listed.name;
      wrong += !listed.problem.empty();
      ++checked;
    }
    const auto entry = cache.find(sample_key(lasting).identity);
    lost += !entry || !is_sample(*entry, lasting, big);
    reaped += reap(root.path(), directory);
  }
  std::printf(
      "rounds: %d, killed: %d (2 writers, a reader, a pruner each), written: %ju, read: %ju "
      "of %ju, prunes: %ju, files examined: %ju, temporaries reaped: %ju; wrong: %d, lost: %d\n",
      all_rounds, killed, std::uintmax_t{written}, std::uintmax_t{hits}, std::uintmax_t{reads},
      std::uintmax_t{prunes}, std::uintmax_t{checked}, std::uintmax_t{reaped}, wrong, lost);
  EXPECT_EQ(wrong + lost, 0);
  EXPECT_EQ(killed, 4 * all_rounds);
  // Few writers, and perhaps none, are caught in so few rounds.
  if (!sanitized) {
    EXPECT_GT(reaped, 0u) << "no writer was killed while it wrote";
  }
  EXPECT_GT(hits, 0u);
}

TEST(Fault, SameKeyInManyProcesses) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 100);
  std::vector<pid_t> children;
  for (int k = 0; k < 64; ++k)
    children.push_back(start_process([&] {
      FakeDevice device;
      DiskCache cache(settings_in(root.path()));
      const auto ready = runtime::make_ready(device, traced_sample(1), cache);
      return is_sample(*ready, 1) ? 0 : 1;
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
  const CountingCompiler compiler(count / "runs", 0);
  const pid_t holder = hold_lock(root.path(), [] { ::pause(); });
  const pid_t killer = start_process([&] {
    ::usleep(50000);
    ::kill(holder, SIGKILL);
    return 0;
  });
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(1), cache), 1));
  EXPECT_EQ(cache.counters().lock_timeouts, 0u);
  wait_for(killer);
  wait_for(holder);
}

TEST(Fault, LockHolderHangs) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  const pid_t holder = hold_lock(root.path(), [] { ::pause(); });
  FakeDevice device;
  cache::Settings settings = settings_in(root.path());
  settings.patience = std::chrono::milliseconds(100);
  DiskCache cache(settings);
  EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(1), cache), 1));
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

std::mutex lock_of_a_compiler;
std::atomic<bool> compiling{false};

std::vector<std::byte> compile_under_a_lock(std::span<const std::byte>) {
  const std::lock_guard lock(lock_of_a_compiler);
  compiling = true;
  while (compiling) ::usleep(1000);
  return {};
}

/// A lock of the compiler's is taken for ever in a child that is forked then, and in its children.
/// They ask tegula-compile, which here knows no such request, or is not there. (Where it is, they
/// get their kernels: tests/kernels/fork_test.cpp.)
TEST(Fault, ForkWhileAnotherThreadCompiles) {
  const CompileFunction before = set_compile_function(&compile_under_a_lock);
  std::thread parent([] { call_compiler({}); });
  while (!compiling) ::usleep(1000);
  const pid_t child = start_process([] {
    ::alarm(60);
    return wait_for(start_process([] {
      ::alarm(60);
      const bool installed = !runtime::compiler_program().empty();
      try {
        call_compiler({});
      } catch (const Error& error) {
        const bool says_why = std::string_view(error.what()).find("forked while its parent") !=
                              std::string_view::npos;
        return installed || (error.code() == ErrorCode::environment && says_why) ? 0 : 1;
      }
      return 2;
    }));
  });
  EXPECT_EQ(wait_for(child), 0);
  compiling = false;
  parent.join();
  // This process may go on as it did.
  std::thread again([] { call_compiler({}); });
  while (!compiling) ::usleep(1000);
  compiling = false;
  again.join();
  set_compile_function(before);
}

TEST(Fault, EvictionWhileInUse) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  const auto ready = runtime::make_ready(device, traced_sample(1), cache);
  EXPECT_EQ(ready->source, "disk");
  cache::clear(*cache.directories().front());
  EXPECT_TRUE(is_sample(*ready, 1));
  EXPECT_EQ(compiler.runs(), 0);
}

}  // namespace
}  // namespace tegula
