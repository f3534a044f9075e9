// Tests that run on simulators run on a GPU, too: where TEGULA_TEST_DEVICE names one ("cuda:0"),
// tests that are written for several targets have it as one more target, "cuda_0" in their names.
// Labels and filters: the entries gpu.* of tests/CMakeLists.txt.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/device.h"
#include "tegula/simulator.h"

namespace tegula::testing {

/// `targets`, and behind them the device that TEGULA_TEST_DEVICE names, if it is set.
std::vector<const char*> with_gpu(std::initializer_list<const char*> targets);

/// "sim:sm_80" as a part of a test's name: "sim_sm_80".
std::string target_name(const ::testing::TestParamInfo<const char*>& info);

/// What the tests of one target run on.
struct TestTarget {
  /// "sim:ARCH", "ptx:ARCH" (nothing runs there), "cuda:N".
  explicit TestTarget(std::string_view name);

  bool simulates = false, assembles = false;
  /// The simulator; elsewhere one on which nothing runs, so its counters stay at 0 and its options
  /// do nothing.
  std::shared_ptr<SimDevice> simulator;
  std::shared_ptr<Device> device;  ///< the GPU, else the simulator
  std::string arch;
  std::string missing;  ///< why the target's tests are to be skipped; empty if they are not
};

}  // namespace tegula::testing
