// Faults of files. Each test is named after a row of the fault table in docs/faults.md.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "runtime/cache/maintenance.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"
#include "tests/runtime/fault/counting_compiler.h"
#include "tests/runtime/fault/failing_file_system.h"
#include "tests/runtime/fault/processes.h"

namespace tegula {
namespace {

using namespace testing;
using cache::DiskCache;
using ::testing::HasSubstr;
using Lasts = FailingFileSystem::Lasts;

/// What a process does with its cache: a kernel that is there, one that is not, and the first
/// again.
void use_cache(const std::string& directory) {
  FakeDevice device;
  DiskCache cache(settings_in(directory));
  for (const std::uint64_t number : {1, 2, 1}) {
    const auto ready = runtime::make_ready(device, traced_sample(number), cache);
    ASSERT_TRUE(is_sample(*ready, number)) << number;
  }
}

/// Makes the N-th system call of use_cache fail, for every N, and looks at what is left each time.
void fail_each_call(Lasts lasts, int error) {
  const TemporaryDirectory count;
  const CountingCompiler compiler(count / "runs", 0);
  int nth = 0;
  for (bool failed = true; failed; ++nth) {
    const TemporaryDirectory root;
    {
      DiskCache earlier(settings_in(root / "cache"));
      store_sample(earlier, 1);
    }
    const LogLines log;
    {
      const FailingFileSystem files(nth + 1, lasts, error);
      use_cache(root / "cache");
      failed = files.failed();
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "call " << nth + 1 << " fails";
    }
    EXPECT_LE(log.size(), 2u) << "call " << nth + 1 << ": " << log.text();
    DiskCache later(settings_in(root / "cache"));
    for (const cache::Listed& listed : cache::examine(*later.directories().front()))
      EXPECT_EQ(listed.problem, "") << "call " << nth + 1;
    use_cache(root / "cache");
  }
  std::printf("%d calls, each failing %s with %s: every kernel right, no file damaged\n", nth - 1,
              lasts == Lasts::once ? "once" : "from then on", std::strerror(error));
  EXPECT_GT(nth, 20);
}

TEST(Fault, AnyFileCallFailsOnce) {
  for (const int error : {EIO, ENOSPC, EACCES, ENOMEM, EMFILE}) fail_each_call(Lasts::once, error);
}

TEST(Fault, AnyFileCallFailsForGood) {
  for (const int error : {EIO, ENOSPC, EROFS, EDQUOT}) fail_each_call(Lasts::for_good, error);
}

TEST(Fault, NfsLosesTheHandle) {
  for (const int error : {ESTALE, EBUSY}) {
    fail_each_call(Lasts::once, error);
    fail_each_call(Lasts::for_good, error);
  }
}

/// Every write fails.
class FullDisk final : public cache::FileSystem {
 public:
  FullDisk() { before_ = replace(this); }
  ~FullDisk() override { replace(before_); }
  ssize_t write(int, const void*, std::size_t) override {
    errno = ENOSPC;
    return -1;
  }

 private:
  FileSystem* before_ = nullptr;
};

TEST(Fault, DiskFull) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  const LogLines log;
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  {
    const FullDisk files;
    for (std::uint64_t k = 0; k < 5; ++k)
      EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(k), cache), k));
  }
  EXPECT_EQ(cache.counters().failed_stores, 5u);
  EXPECT_EQ(log.size(), 1u) << log.text();
  EXPECT_THAT(log.text(), HasSubstr("No space left"));
  EXPECT_EQ(cache::usage(*cache.directories().front()).temporaries, 0u);
}

/// Reading works, writing does not.
class ReadOnlyFiles final : public cache::FileSystem {
 public:
  ReadOnlyFiles() { before_ = replace(this); }
  ~ReadOnlyFiles() override { replace(before_); }
  int open(int directory, const char* name, int flags, mode_t mode) override {
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0)
      return FileSystem::open(directory, name, flags, mode);
    errno = EROFS;
    return -1;
  }
  int rename(int, const char*, const char*) override { return fail(); }
  int unlink(int, const char*) override { return fail(); }
  int make_directory(const char*, mode_t) override { return fail(); }

 private:
  static int fail() {
    errno = EROFS;
    return -1;
  }
  FileSystem* before_ = nullptr;
};

TEST(Fault, ReadOnlyDirectory) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  {
    DiskCache earlier(settings_in(root.path()));
    store_sample(earlier, 1);
  }
  const ReadOnlyFiles files;
  const LogLines log;
  FakeDevice device;
  DiskCache cache(settings_in(root.path()));
  EXPECT_EQ(runtime::make_ready(device, traced_sample(1), cache)->source, "disk");
  for (std::uint64_t k = 2; k < 5; ++k)
    EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(k), cache), k));
  EXPECT_EQ(log.size(), 1u) << log.text();
  EXPECT_THAT(log.text(), HasSubstr("Read-only"));
}

TEST(Fault, NoHomeAndNoDirectory) {
  const TemporaryDirectory count;
  const CountingCompiler compiler(count / "runs", 0);
  const LogLines log;
  FakeDevice device;
  for (const std::string directory : {"", "/proc/nowhere/tegula"}) {
    cache::Settings settings;
    if (!directory.empty()) settings.directories = {directory};
    DiskCache cache(settings);
    for (std::uint64_t k = 1; k < 4; ++k)
      EXPECT_TRUE(is_sample(*runtime::make_ready(device, traced_sample(k), cache), k));
  }
  EXPECT_EQ(log.size(), 1u) << log.text();
}

TEST(Fault, UnknownUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIP: needs root to become another user";
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  const pid_t child = start_process([&] {
    if (::setuid(54321) != 0) return 2;
    FakeDevice device;
    DiskCache cache(settings_in(root / "cache"));  // which it may not make
    return is_sample(*runtime::make_ready(device, traced_sample(1), cache), 1) ? 0 : 1;
  });
  EXPECT_EQ(wait_for(child), 0);
}

TEST(Fault, TruncatedFlippedOrEmptyEntry) {
  const TemporaryDirectory root;
  const LogLines log;
  const std::string path = root / cache::name_of(sample_key(1).identity);
  std::vector<char> whole;
  {
    DiskCache cache(settings_in(root.path()));
    store_sample(cache, 1, 64);
    std::ifstream file(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto must_miss = [&](const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    DiskCache cache(settings_in(root.path()));
    ASSERT_EQ(cache::examine(*cache.directories().front()).at(0).problem.empty(), false);
    ASSERT_FALSE(cache.find(sample_key(1).identity));
    ASSERT_EQ(cache.counters().quarantined, 1u);
  };
  int tried = 0;
  for (std::size_t at = 0; at < whole.size(); ++at, ++tried) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    must_miss(damaged);
    ::chmod(path.c_str(), 0600);
  }
  for (std::size_t size = 0; size < whole.size(); ++size, ++tried)
    must_miss({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  std::printf("%d damaged files of %zu bytes: all found\n", tried, whole.size());
}

TEST(Fault, ClockSkew) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  for (const std::int64_t when : {std::int64_t{0}, std::int64_t{4000000000}}) {
    const timespec times[2] = {{when, 0}, {when, 0}};
    ASSERT_EQ(
        ::utimensat(AT_FDCWD, (root / cache::name_of(sample_key(1).identity)).c_str(), times, 0),
        0);
    EXPECT_TRUE(cache.find(sample_key(1).identity));
    EXPECT_TRUE(cache.find(sample_key(1).identity));
  }
}

}  // namespace
}  // namespace tegula
