#include "runtime/cache/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/runtime/cache/temporary_directory.h"

namespace tegula::cache {
namespace {

using tegula::testing::TemporaryDirectory;
using ::testing::HasSubstr;
using Access = Directory::Access;

format::Bytes bytes_of(const std::string& text) {
  const auto span = std::as_bytes(std::span(text));
  return {span.begin(), span.end()};
}
int mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return static_cast<int>(status.st_mode & 07777);
}

TEST(Directory, IsMadeForItsOwnerAlone) {
  const TemporaryDirectory root;
  Directory directory(root / "a/b/c", Access::write, false);
  EXPECT_TRUE(directory.writable()) << directory.why();
  EXPECT_EQ(mode_of(root / "a"), 0700);
  EXPECT_EQ(mode_of(root / "a/b/c"), 0700);
}

TEST(Directory, FilesAreForTheirOwnerAlone) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Access::write, false);
  ASSERT_TRUE(directory.publish("file", bytes_of("text")));
  EXPECT_EQ(mode_of(root / "file"), 0600);
  EXPECT_EQ(directory.read("file"), bytes_of("text"));
  EXPECT_EQ(directory.list().size(), 1u);  // no temporary is left
}

TEST(Directory, PublishingReplacesTheWholeFile) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Access::write, false);
  ASSERT_TRUE(directory.publish("file", bytes_of("a long text")));
  ASSERT_TRUE(directory.publish("file", bytes_of("short")));
  EXPECT_EQ(directory.read("file"), bytes_of("short"));
}

TEST(Directory, ARelativePathIsRefused) {
  Directory directory("cache", Access::write, false);
  EXPECT_FALSE(directory.readable());
  EXPECT_THAT(directory.why(), HasSubstr("absolute"));
}

TEST(Directory, ALayerThatIsOnlyReadIsNeverMade) {
  const TemporaryDirectory root;
  Directory directory(root / "layer", Access::read, false);
  EXPECT_FALSE(directory.readable());
  EXPECT_THAT(directory.why(), HasSubstr("No such file"));
  EXPECT_NE(::access((root / "layer").c_str(), F_OK), 0);
}

TEST(Directory, OneThatOthersCanWriteIsRefusedUnlessShared) {
  const TemporaryDirectory root;
  for (const mode_t mode : {0770, 0777, 0702}) {
    ::chmod(root.path().c_str(), mode);
    Directory directory(root.path(), Access::write, false);
    EXPECT_FALSE(directory.readable()) << mode;
    EXPECT_THAT(directory.why(), HasSubstr("others could plant kernels"));
    Directory shared(root.path(), Access::write, true);
    EXPECT_EQ(shared.writable(), mode == 0770) << mode;
  }
}

TEST(Directory, ASharedOneIsTheGroupsWhateverTheUmask) {
  const TemporaryDirectory root;
  const mode_t before = ::umask(0077);
  Directory directory(root / "shared", Access::write, true);
  const bool written = directory.publish("file", bytes_of("text"));
  ::umask(before);
  ASSERT_TRUE(written);
  struct stat status {};
  ASSERT_EQ(::stat((root / "shared").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 02770U);
  ASSERT_EQ(::stat((root / "shared/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660U);
}

TEST(Directory, AFileThatOthersCanWriteIsNotRead) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Access::write, false);
  ASSERT_TRUE(directory.publish("file", bytes_of("text")));
  ::chmod((root / "file").c_str(), 0620);
  EXPECT_FALSE(directory.read("file"));
}

TEST(Directory, AnotherUsersDirectoryIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIP: needs root to give a directory away";
  const TemporaryDirectory root;
  ASSERT_EQ(::chown(root.path().c_str(), 12345, 12345), 0);
  Directory directory(root.path(), Access::write, false);
  EXPECT_FALSE(directory.readable());
  EXPECT_THAT(directory.why(), HasSubstr("12345"));
}

/// What a link leads to is asked, not the link.
TEST(Directory, MayBeALink) {
  const TemporaryDirectory root;
  ASSERT_EQ(::mkdir((root / "target").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("target", (root / "near").c_str()), 0);
  ASSERT_EQ(::symlink((root / "near").c_str(), (root / "far").c_str()), 0);
  Directory directory(root / "far", Access::write, false);
  EXPECT_TRUE(directory.publish("file", bytes_of("text"))) << directory.why();
  EXPECT_EQ(mode_of(root / "target/file"), 0600);
  ::chmod((root / "target").c_str(), 0777);
  Directory open_to_all(root / "far", Access::write, true);
  EXPECT_FALSE(open_to_all.readable());
  EXPECT_THAT(open_to_all.why(), HasSubstr("anybody can write it"));
}

TEST(Directory, ALinkToNothingSaysWhereItLeads) {
  const TemporaryDirectory root;
  ASSERT_EQ(::symlink("/nowhere/at/all", (root / "link").c_str()), 0);
  Directory directory(root / "link", Access::write, false);
  EXPECT_FALSE(directory.readable());
  EXPECT_EQ(directory.why(), "it is a link to /nowhere/at/all: No such file or directory");
  ASSERT_EQ(::symlink("loop", (root / "loop").c_str()), 0);
  Directory loop(root / "loop", Access::write, false);
  EXPECT_FALSE(loop.readable());
  EXPECT_THAT(loop.why(), HasSubstr("too many links"));
}

TEST(Directory, AFileThatIsALinkIsNotRead) {
  const TemporaryDirectory root;
  std::ofstream(root / "target") << "text";
  ::chmod((root / "target").c_str(), 0600);
  Directory directory(root.path(), Access::write, false);
  ASSERT_EQ(::symlink("target", (root / "name").c_str()), 0);
  EXPECT_TRUE(directory.read("target"));
  EXPECT_FALSE(directory.read("name"));
  EXPECT_EQ(directory.refusal("name"), "it is a link");
  EXPECT_EQ(directory.refusal("target"), "");
  EXPECT_EQ(directory.refusal("nothing"), "");
}

TEST(Directory, WhatIsNoFileIsNotRead) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Access::write, false);
  ASSERT_EQ(::mkfifo((root / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkdir((root / "folder").c_str(), 0700), 0);
  EXPECT_FALSE(directory.read("fifo"));  // and does not wait for a writer
  EXPECT_FALSE(directory.read("folder"));
  EXPECT_FALSE(directory.read("nothing"));
  EXPECT_TRUE(directory.list().empty());
}

TEST(Directory, AFileThatIsTooLargeIsNotRead) {
  const TemporaryDirectory root;
  Directory directory(root.path(), Access::write, false);
  ASSERT_TRUE(directory.publish("file", bytes_of("text")));
  ASSERT_EQ(::truncate((root / "file").c_str(), max_file_bytes + 1), 0);
  EXPECT_FALSE(directory.read("file"));
}

TEST(Directory, OneThatWasRemovedMeanwhileIsMadeAgain) {
  const TemporaryDirectory root;
  Directory directory(root / "cache", Access::write, false);
  ASSERT_TRUE(directory.publish("file", bytes_of("text")));
  std::filesystem::remove_all(root / "cache");
  EXPECT_FALSE(directory.read("file"));
  EXPECT_TRUE(directory.publish("file", bytes_of("again")));
  EXPECT_EQ(directory.read("file"), bytes_of("again"));
}

}  // namespace
}  // namespace tegula::cache
