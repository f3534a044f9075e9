#include "runtime/cache/disk_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include <fmt/format.h>

#include "runtime/cache/history.h"
#include "runtime/cache/maintenance.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/cache/temporary_directory.h"

namespace tegula::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace tegula::testing;

/// As if the file had last been of use so long ago.
void age(const std::string& path, std::int64_t seconds) {
  const timespec then = {::time(nullptr) - seconds, 0};
  const timespec times[2] = {then, then};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
}

void overwrite(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST(DiskCache, KeepsKernelsForTheNextProcess) {
  const TemporaryDirectory root;
  DiskCache first(settings_in(root.path()));
  EXPECT_FALSE(first.find(sample_key(1).identity));
  store_sample(first, 1);
  DiskCache second(settings_in(root.path()));
  const auto entry = second.find(sample_key(1).identity);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(is_sample(*entry, 1));
  EXPECT_FALSE(second.find(sample_key(2).identity));
  EXPECT_EQ(first.counters().stores, 1u);
  EXPECT_EQ(first.counters().misses, 1u);
  EXPECT_EQ(second.counters().hits, 1u);
}

TEST(DiskCache, OneFileAKernel) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 20; ++k) store_sample(cache, k);
  EXPECT_EQ(cache.directories()[0]->list().size(), 21u);  // and the history
}

TEST(DiskCache, ADamagedFileIsSetAsideAndMadeAgain) {
  const TemporaryDirectory root;
  const LogLines log;
  DiskCache cache(settings_in(root.path()));
  const std::string name = name_of(sample_key(1).identity);
  for (const std::string damage : {"", "not a kernel"}) {
    store_sample(cache, 1);
    overwrite(root / name, damage);
    EXPECT_FALSE(cache.find(sample_key(1).identity));
    EXPECT_TRUE(std::filesystem::exists(root / ("bad-" + name)));
    EXPECT_THAT(log.text(), HasSubstr(name));
  }
  store_sample(cache, 1);
  EXPECT_TRUE(cache.find(sample_key(1).identity));
  EXPECT_EQ(cache.counters().quarantined, 2u);
}

TEST(DiskCache, AnotherKernelsFileUnderThisNameIsFound) {
  const TemporaryDirectory root;
  const LogLines log;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  std::filesystem::rename(root / name_of(sample_key(1).identity),
                          root / name_of(sample_key(2).identity));
  EXPECT_FALSE(cache.find(sample_key(2).identity));
  EXPECT_THAT(log.text(), HasSubstr("another key"));
}

TEST(DiskCache, LayersAreReadBehindTheFirst) {
  const TemporaryDirectory layer, own;
  {
    DiskCache builder(settings_in(layer.path()));
    store_sample(builder, 1);
  }
  Settings settings = settings_in(own.path());
  settings.directories.push_back(layer.path());
  DiskCache cache(settings);
  EXPECT_TRUE(cache.find(sample_key(1).identity));
  store_sample(cache, 2);
  EXPECT_TRUE(std::filesystem::exists(own / name_of(sample_key(2).identity)));
  EXPECT_FALSE(std::filesystem::exists(layer / name_of(sample_key(2).identity)));
}

TEST(DiskCache, LayersAloneAreNotWritten) {
  const TemporaryDirectory layer;
  {
    DiskCache builder(settings_in(layer.path()));
    store_sample(builder, 1);
  }
  Settings settings = settings_in(layer.path());
  settings.only_read = true;
  const LogLines log;
  DiskCache cache(settings);
  EXPECT_TRUE(cache.find(sample_key(1).identity));
  store_sample(cache, 2);
  EXPECT_FALSE(std::filesystem::exists(layer / name_of(sample_key(2).identity)));
  EXPECT_EQ(cache.counters().failed_stores, 0u);
  EXPECT_EQ(log.size(), 0u) << "as was asked for: " << log.text();
}

TEST(DiskCache, ALayerThatIsNotTrustedIsSpokenOfOnce) {
  const TemporaryDirectory layer, own;
  ::chmod(layer.path().c_str(), 0777);
  Settings settings = settings_in(own.path());
  settings.directories.push_back(layer.path());
  settings.directories.push_back(layer / "which/is/not/there");
  const LogLines log;
  DiskCache cache(settings);
  for (std::uint64_t k = 0; k < 3; ++k) EXPECT_FALSE(cache.find(sample_key(k).identity));
  EXPECT_EQ(log.size(), 1u) << log.text();
  EXPECT_THAT(log.text(), HasSubstr(layer.path() + " is not used: others could plant kernels"));
}

TEST(DiskCache, EvictsWhatHasBeenOfNoUseForLongest) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 10; ++k) {
    store_sample(cache, k);
    age(root / name_of(sample_key(k).identity), static_cast<std::int64_t>(100 - k));
  }
  const std::int64_t each =
      static_cast<std::int64_t>(std::filesystem::file_size(root / name_of(sample_key(0).identity)));
  const Pruned pruned = prune(*cache.directories()[0], 4 * each);
  EXPECT_EQ(pruned.entries, 6u);
  EXPECT_EQ(pruned.bytes_left, 4 * each);
  for (std::uint64_t k = 0; k < 10; ++k)
    EXPECT_EQ(cache.find(sample_key(k).identity).has_value(), k >= 6) << k;
}

TEST(DiskCache, UseKeepsAKernel) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 2; ++k) {
    store_sample(cache, k);
    age(root / name_of(sample_key(k).identity), 1000000 - static_cast<std::int64_t>(k));
  }
  EXPECT_TRUE(cache.find(sample_key(0).identity));  // the older one
  prune(*cache.directories()[0], 3000);
  EXPECT_TRUE(cache.find(sample_key(0).identity));
  EXPECT_FALSE(cache.find(sample_key(1).identity));
}

TEST(DiskCache, StaysWithinItsSizeByItself) {
  const TemporaryDirectory root;
  Settings settings = settings_in(root.path());
  settings.max_bytes = 20000;
  DiskCache cache(settings);
  for (std::uint64_t k = 0; k < 200; ++k) store_sample(cache, k);
  EXPECT_GT(cache.counters().evicted, 100u);
  EXPECT_LT(usage(*cache.directories()[0]).bytes, 32 * 3000 + 20000);
}

/// Another process prunes at the same time, and is first with each file.
class OthersPrune final : public FileSystem {
 public:
  OthersPrune() { before_ = replace(this); }
  ~OthersPrune() override { replace(before_); }
  int unlink(int directory, const char* name) override {
    if (!is_name(name)) return FileSystem::unlink(directory, name);
    FileSystem::unlink(directory, name);
    errno = ENOENT;
    return -1;
  }

 private:
  FileSystem* before_ = nullptr;
};

TEST(DiskCache, TwoThatPruneTogetherRemoveNoMoreThanOne) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 10; ++k) store_sample(cache, k);
  const std::int64_t bytes = usage(*cache.directories()[0]).bytes;
  const OthersPrune files;
  EXPECT_EQ(prune(*cache.directories()[0], bytes / 2).entries, 0u);
  EXPECT_EQ(usage(*cache.directories()[0]).entries, 5u);
}

/// `cache clear` of another process takes the file that is being written.
class OthersClear final : public FileSystem {
 public:
  OthersClear() { before_ = replace(this); }
  ~OthersClear() override { replace(before_); }
  int rename(int directory, const char* from, const char* to) override {
    if (times-- > 0) FileSystem::unlink(directory, from);
    return FileSystem::rename(directory, from, to);
  }
  int times = 1;

 private:
  FileSystem* before_ = nullptr;
};

TEST(DiskCache, AFileThatIsClearedWhileItIsWrittenIsWrittenAgain) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  OthersClear files;
  store_sample(cache, 1);
  EXPECT_EQ(cache.counters().stores, 1u);
  EXPECT_TRUE(cache.find(sample_key(1).identity));
  const LogLines log;
  files.times = 2;
  store_sample(cache, 2);
  EXPECT_EQ(cache.counters().failed_stores, 1u);
  EXPECT_THAT(log.text(), HasSubstr("could not be written"));
}

TEST(DiskCache, OldTemporariesAreReapedAndYoungOnesLeft) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  store_sample(cache, 1);
  overwrite(root / "tmp-1-old", "x");
  overwrite(root / "tmp-2-young", "x");
  overwrite(root / "somebody-elses", "x");
  age(root / "tmp-1-old", 7200);
  age(root / "somebody-elses", 7200);
  EXPECT_EQ(prune(*cache.directories()[0], 1 << 20).temporaries, 1u);
  EXPECT_FALSE(std::filesystem::exists(root / "tmp-1-old"));
  EXPECT_TRUE(std::filesystem::exists(root / "tmp-2-young"));
  EXPECT_TRUE(std::filesystem::exists(root / "somebody-elses"));
}

TEST(DiskCache, ClearingRemovesOnlyWhatIsTheCaches) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 3; ++k) store_sample(cache, k);
  overwrite(root / "notes.txt", "mine");
  EXPECT_EQ(clear(*cache.directories()[0]).entries, 3u);
  EXPECT_EQ(cache.directories()[0]->list().size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(root / "notes.txt"));
}

TEST(DiskCache, ExaminingNamesWhatIsDamagedAndGoesOn) {
  const TemporaryDirectory root;
  DiskCache cache(settings_in(root.path()));
  for (std::uint64_t k = 0; k < 3; ++k) store_sample(cache, k);
  const std::string bad = name_of(sample_key(1).identity);
  overwrite(root / bad, "damaged");
  int sound = 0;
  for (const Listed& listed : examine(*cache.directories()[0])) {
    if (listed.problem.empty()) {
      ++sound;
      EXPECT_EQ(listed.key.facts.at(0).second, "scale");
    } else {
      EXPECT_EQ(listed.name, bad);
    }
  }
  EXPECT_EQ(sound, 2);
}

TEST(History, AddsUpOverProcesses) {
  const TemporaryDirectory root;
  {
    DiskCache cache(settings_in(root.path()));
    store_sample(cache, 1);
  }
  for (int process = 0; process < 3; ++process) {
    DiskCache cache(settings_in(root.path()));
    ASSERT_TRUE(cache.find(sample_key(1).identity));
  }
  Directory directory(root.path(), Directory::Access::write, false);
  const std::string name = name_of(sample_key(1).identity);
  for (int pass = 0; pass < 2; ++pass) {
    const Histories histories = read_histories(directory);
    ASSERT_EQ(histories.size(), 1u);
    const History& history = histories.at(name);
    EXPECT_EQ(history.compiles, 1u);
    EXPECT_EQ(history.hits, 3u);
    EXPECT_EQ(history.trace_us, 100u);
    EXPECT_EQ(history.compile_us, 2000u);
    EXPECT_NEAR(static_cast<double>(history.last_use), static_cast<double>(::time(nullptr)), 60);
    compact_histories(directory);  // changes nothing of it
  }
}

TEST(History, ATornRecordCostsOnlyItself) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Directory::Access::write, false);
  const std::string name = name_of(sample_key(1).identity);
  note_hit(directory, name);
  const std::string torn(37, 'x');
  directory.append(history_file, std::as_bytes(std::span(torn)));
  note_hit(directory, name);
  EXPECT_EQ(read_histories(directory).at(name).hits, 2u);
}

/// Processes that only read kernels write the diary as well.
TEST(History, StaysWithinItsSizeWhereNothingIsCompiled) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Directory::Access::write, false);
  const std::string name = name_of(sample_key(1).identity);
  overwrite(root / name, "a kernel");
  constexpr std::uint32_t hits = 40000;
  std::uintmax_t largest = 0;
  for (std::uint32_t n = 0; n < hits; ++n) {
    note_hit(directory, name);
    if (n % 100 == 0) largest = std::max(largest, std::filesystem::file_size(root / history_file));
  }
  EXPECT_LE(largest, static_cast<std::uintmax_t>(max_history_bytes));
  EXPECT_EQ(read_histories(directory).at(name).hits, hits) << "none is forgotten";
}

TEST(History, KeepsThoseOfUseLast) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Directory::Access::write, false);
  const auto name = [](int n) { return fmt::format("{:032x}", n); };
  constexpr int kernels = 9000;
  for (int n = 0; n < kernels; ++n) {
    overwrite(root / name(n), "");
    note_hit(directory, name(n));
  }
  compact_histories(directory);
  EXPECT_LE(std::filesystem::file_size(root / history_file),
            static_cast<std::uintmax_t>(max_history_bytes) / 2);
  EXPECT_EQ(read_histories(directory).size(), 8192u);
}

class Variables : public ::testing::Test {
 protected:
  void set(const char* name, const char* value) {
    before_.emplace_back(
        name, ::getenv(name) ? std::optional<std::string>(::getenv(name)) : std::nullopt);
    if (value != nullptr)
      ::setenv(name, value, 1);
    else
      ::unsetenv(name);
  }
  ~Variables() override {
    for (const auto& [name, value] : before_)
      if (value)
        ::setenv(name.c_str(), value->c_str(), 1);
      else
        ::unsetenv(name.c_str());
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

TEST_F(Variables, NameTheDirectories) {
  set("TEGULA_CACHE_DIR", "/a:/b:/c");
  EXPECT_THAT(settings_from_environment().directories, ElementsAre("/a", "/b", "/c"));
  EXPECT_FALSE(settings_from_environment().only_read);
  set("TEGULA_CACHE_DIR", "/a::/b:");
  EXPECT_THAT(settings_from_environment().directories, ElementsAre("/a", "/b"));
  EXPECT_FALSE(settings_from_environment().only_read);
  // Nothing before the first colon: nothing to write to.
  set("TEGULA_CACHE_DIR", ":/a:/b");
  EXPECT_THAT(settings_from_environment().directories, ElementsAre("/a", "/b"));
  EXPECT_TRUE(settings_from_environment().only_read);
  set("TEGULA_CACHE_DIR", ":");
  EXPECT_TRUE(settings_from_environment().directories.empty());
  set("TEGULA_CACHE_DIR", "");
  EXPECT_TRUE(settings_from_environment().directories.empty());
  set("TEGULA_CACHE_DIR", nullptr);
  set("XDG_CACHE_HOME", "/x");
  EXPECT_THAT(settings_from_environment().directories, ElementsAre("/x/tegula"));
  set("XDG_CACHE_HOME", "relative");
  set("HOME", "/home/u");
  EXPECT_THAT(settings_from_environment().directories, ElementsAre("/home/u/.cache/tegula"));
  set("HOME", nullptr);
  EXPECT_TRUE(settings_from_environment().directories.empty());
}

TEST_F(Variables, SayWhetherItIsShared) {
  set("TEGULA_CACHE_SHARED", "1");
  EXPECT_TRUE(settings_from_environment().shared);
  const LogLines log;
  set("TEGULA_CACHE_SHARED", "yes");
  EXPECT_FALSE(settings_from_environment().shared);
  EXPECT_THAT(log.text(), HasSubstr("TEGULA_CACHE_SHARED=yes is taken as 0 (wanted 0 or 1)"));
}

TEST_F(Variables, SetTheSize) {
  set("TEGULA_CACHE_SIZE", "512M");
  EXPECT_EQ(settings_from_environment().max_bytes, std::int64_t{512} << 20);
  const LogLines log;
  for (const char* wrong : {"much", "-1", "1T", "99999999999999999999"}) {
    set("TEGULA_CACHE_SIZE", wrong);
    EXPECT_EQ(settings_from_environment().max_bytes, Settings().max_bytes);
    EXPECT_THAT(log.text(), HasSubstr(wrong));
  }
}

}  // namespace
}  // namespace tegula::cache
