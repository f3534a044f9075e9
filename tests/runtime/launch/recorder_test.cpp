#include <gtest/gtest.h>

#include <thread>

#include "runtime/launch/launch.h"
#include "runtime/launch/recorders.h"

namespace tegula::runtime {
namespace {

TEST(LaunchRecorder, TheInnermostCollects) {
  LaunchRecorder::record({"lost", "", "memory", 0});
  const LaunchRecorder outer;
  LaunchRecorder::record({"a", "bn=1", "compiled", 2.5});
  {
    const LaunchRecorder inner;
    LaunchRecorder::record({"b", "", "memory", 0});
    ASSERT_EQ(inner.launches().size(), 1U);
    EXPECT_EQ(inner.launches()[0].kernel, "b");
  }
  LaunchRecorder::record({"c", "", "memory", 0});
  ASSERT_EQ(outer.launches().size(), 2U);
  EXPECT_EQ(outer.launches()[0].compile_ms, 2.5);
  EXPECT_EQ(outer.launches()[1].kernel, "c");
}

TEST(LaunchRecorder, OtherThreadsAreNotSeen) {
  const LaunchRecorder recorder;
  std::thread([] { LaunchRecorder::record({"elsewhere", "", "memory", 0}); }).join();
  EXPECT_TRUE(recorder.launches().empty());
}

}  // namespace
}  // namespace tegula::runtime
