// Whose kernels are run. What needs several users runs in children of root's.
#include "runtime/cache/trust.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/cache/maintenance.h"
#include "tests/runtime/cache/log_lines.h"
#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/fault/processes.h"

namespace tegula::cache {
namespace {

using ::testing::HasSubstr;
using namespace tegula::testing;

constexpr uid_t nobody = 65534, ann = 41001, ben = 41002, eve = 41003;
constexpr gid_t team = 42000;

struct stat status_of(uid_t user, gid_t group, mode_t mode) {
  struct stat status {};
  status.st_uid = user;
  status.st_gid = group;
  status.st_mode = S_IFREG | mode;
  return status;
}

TEST(Trust, OwnerAndModeDecide) {
  const uid_t me = ::geteuid(), other = me + 1;
  const gid_t mine = ::getegid(), foreign = 4000000;
  struct Row {
    uid_t user;
    gid_t group;
    mode_t mode;
    bool alone, shared;
  };
  for (const Row& row : std::initializer_list<Row>{{me, mine, 0600, true, true},
                                                   {me, foreign, 0755, true, true},
                                                   {0, foreign, 0644, true, true},
                                                   {me, mine, 0660, false, true},
                                                   {0, mine, 02775, false, true},
                                                   {me, foreign, 0660, false, false},
                                                   {other, mine, 0640, false, true},
                                                   {other, mine, 0660, false, true},
                                                   {other, foreign, 0600, false, false},
                                                   {other, foreign, 0755, false, false},
                                                   {me, mine, 0602, false, false},
                                                   {me, mine, 0777, false, false},
                                                   {0, 0, 01777, false, false},
                                                   {other, mine, 0666, false, false}}) {
    const struct stat status = status_of(row.user, row.group, row.mode);
    EXPECT_EQ(distrust(status, false).empty(), row.alone)
        << std::oct << row.mode << ": " << distrust(status, false);
    EXPECT_EQ(distrust(status, true).empty(), row.shared)
        << std::oct << row.mode << ": " << distrust(status, true);
  }
}

/// The child's status is 0 if `body` gives true.
int as_user(uid_t user, const std::vector<gid_t>& groups, const std::function<bool()>& body) {
  return wait_for(start_process([&] {
    const gid_t first = groups.empty() ? gid_t{nobody} : groups.front();
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(first, first, first) != 0 ||
        ::setresuid(user, user, user) != 0)
      return 2;
    return body() ? 0 : 1;
  }));
}

class Users : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "SKIP: needs root to become other users";
    ::chmod(root.path().c_str(), 0755);
  }
  /// A folder that an administrator made.
  std::string make(const std::string& name, uid_t user, gid_t group, mode_t mode) {
    const std::string path = root / name;
    EXPECT_EQ(::mkdir(path.c_str(), 0700), 0);
    EXPECT_EQ(::chown(path.c_str(), user, group), 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static Settings shared(const std::string& path) {
    Settings settings = settings_in(path);
    settings.shared = true;
    return settings;
  }
  const TemporaryDirectory root;
};

/// A kernel of any content under its right name, with a right checksum.
bool forge(const std::string& directory, mode_t mode) {
  const std::string path = directory + "/" + name_of(sample_key(1).identity);
  const auto bytes = seal(sample_key(1), sample_bytes(1));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
  const bool written =
      ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  return written && ::fchmod(file, mode) == 0 && ::close(file) == 0;
}

TEST_F(Users, AKernelThatNobodyForgedIsNotRunByRoot) {
  const std::string open_to_all = make("sticky", 0, 0, 01777);
  const std::string nobodys = make("nobodys", nobody, nobody, 0755);
  const std::string nobodys_group = make("group", 0, nobody, 0775);
  for (const std::string& path : {open_to_all, nobodys, nobodys_group}) {
    ASSERT_EQ(as_user(nobody, {nobody}, [&] { return forge(path, 0644); }), 0) << path;
    for (const bool is_shared : {false, true}) {
      const LogLines log;
      Settings settings = settings_in(path);
      settings.shared = is_shared;
      DiskCache cache(settings);
      for (int n = 0; n < 2; ++n) EXPECT_FALSE(cache.find(sample_key(1).identity)) << path;
      EXPECT_EQ(log.size(), 1u) << log.text();
      EXPECT_THAT(log.text(), HasSubstr("others could plant kernels"));
    }
  }
}

/// As it was before the folder's mode was mended.
TEST_F(Users, AForgedFileIsNotReadInAFolderThatIsInOrderByNow) {
  const std::string path = make("cache", 0, 0, 01777);
  ASSERT_EQ(as_user(nobody, {nobody}, [&] { return forge(path, 0644); }), 0);
  ::chmod(path.c_str(), 0700);
  for (const bool is_shared : {false, true}) {
    const LogLines log;
    Settings settings = settings_in(path);
    settings.shared = is_shared;
    DiskCache cache(settings);
    EXPECT_FALSE(cache.find(sample_key(1).identity));
    EXPECT_THAT(log.text(), HasSubstr("user 65534"));
    store_sample(cache, 1);  // takes its place
    EXPECT_TRUE(cache.find(sample_key(1).identity));
    std::filesystem::remove(path + "/" + name_of(sample_key(1).identity));
    ::chmod(path.c_str(), 01777);
    ASSERT_EQ(as_user(nobody, {nobody}, [&] { return forge(path, 0644); }), 0);
    ::chmod(path.c_str(), 0700);
  }
}

TEST_F(Users, ATeamSharesAFolder) {
  const std::string path = make("team", 0, team, 02775);
  const auto write = [&](std::uint64_t number) {
    ::umask(0077);
    DiskCache cache(shared(path));
    store_sample(cache, number);
    return cache.counters().stores == 1;
  };
  const auto read = [&](std::uint64_t number) {
    DiskCache cache(shared(path));
    return cache.find(sample_key(number).identity).has_value();
  };
  EXPECT_EQ(as_user(ann, {ann, team}, [&] { return write(1); }), 0);
  EXPECT_EQ(as_user(ben, {ben, team}, [&] { return read(1) && write(2) && write(1); }), 0);
  EXPECT_EQ(as_user(ann, {ann, team}, [&] { return read(1) && read(2); }), 0);
  EXPECT_EQ(as_user(ann, {ann, team},
                    [&] {
                      DiskCache alone(settings_in(path));
                      return !alone.find(sample_key(1).identity);
                    }),
            0)
      << "not shared";
  // Who may read it, but is not of the team, does not run what the team made.
  EXPECT_EQ(as_user(eve, {eve}, [&] { return !read(1); }), 0);
}

TEST_F(Users, FoldersThatAreMissingAreMadeForTheGroup) {
  make("home", 0, team, 02775);
  const std::string path = root / "home/a/b/cache";
  EXPECT_EQ(as_user(ann, {ann, team},
                    [&] {
                      ::umask(0077);
                      DiskCache cache(shared(path));
                      store_sample(cache, 1);
                      return cache.counters().stores == 1;
                    }),
            0);
  for (const char* folder : {"home/a", "home/a/b", "home/a/b/cache"}) {
    struct stat status {};
    ASSERT_EQ(::stat((root / folder).c_str(), &status), 0) << folder;
    EXPECT_EQ(status.st_mode & 07777, 02770U) << folder;
    EXPECT_EQ(status.st_gid, team) << folder;
  }
  EXPECT_EQ(as_user(ben, {ben, team},
                    [&] {
                      DiskCache cache(shared(path));
                      return cache.find(sample_key(1).identity).has_value();
                    }),
            0);
}

TEST_F(Users, RootsFolderIsReadByAll) {
  const std::string path = make("system", 0, 0, 0755);
  ASSERT_TRUE(forge(path, 0644));
  EXPECT_EQ(as_user(ann, {ann},
                    [&] {
                      Settings settings = settings_in(path);
                      settings.only_read = true;
                      DiskCache cache(settings);
                      return cache.find(sample_key(1).identity).has_value();
                    }),
            0);
}

/// An administrator whose umask made the files of a layer 0600.
TEST_F(Users, FilesThatMayNotBeOpenedAreSpokenOfOnce) {
  const std::string path = make("system", 0, 0, 0755);
  {
    DiskCache builder(settings_in(path));
    for (std::uint64_t k = 0; k < 3; ++k) store_sample(builder, k);
  }
  EXPECT_EQ(as_user(ann, {ann},
                    [&] {
                      const LogLines log;
                      Settings settings = settings_in(path);
                      settings.only_read = true;
                      DiskCache cache(settings);
                      for (std::uint64_t k = 0; k < 6; ++k)
                        if (cache.find(sample_key(k % 3).identity)) return false;
                      const Usage found = usage(*cache.directories().front());
                      const std::string said = log.text();
                      std::fprintf(stderr, "%s", said.c_str());
                      return log.size() == 1 && found.entries == 3 && found.refused == 3 &&
                             said.find("Permission denied (user 0, group 0, mode 600)") !=
                                 std::string::npos &&
                             found.refusal.find("mode 600") != std::string::npos;
                    }),
            0);
}

TEST_F(Users, ALinkOfAnotherUsersIsNotFollowed) {
  const std::string target = make("target", 0, 0, 0700), link = root / "link";
  ASSERT_EQ(::symlink("target", link.c_str()), 0);
  EXPECT_TRUE(Directory(link, Directory::Access::write, false).writable());
  ASSERT_EQ(::lchown(link.c_str(), nobody, nobody), 0);
  Directory planted(link, Directory::Access::write, false);
  EXPECT_FALSE(planted.readable());
  EXPECT_EQ(planted.why(), "it is a link that belongs to user 65534");
}

}  // namespace
}  // namespace tegula::cache
