// A kernel with a planted fault: the simulator reports it at its author's line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <source_location>
#include <string>

#include "tegula/dsl.h"
#include "tegula/error.h"
#include "tegula/simulator.h"

namespace tegula {
namespace {

struct Cfg {
  int bn = 64;
  int warps = 1;
};

std::uint32_t planted_line = 0;

void copy_too_far(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  Tile tile = x.tiles({c.bn}).load({i});
  planted_line = std::source_location::current().line() + 1;
  y.tiles({c.bn}).in_bounds().store(tile, {i});  // a promise that the last tile breaks
}
const auto copy_too_far_kernel = kernel("copy_too_far", copy_too_far, {"x", "y"})
                                     .sweep("bn", &Cfg::bn, {64})
                                     .sweep("warps", &Cfg::warps, {1});

class PlantedFault : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Sim, PlantedFault, ::testing::Values("sm_80", "sm_90a"));

TEST_P(PlantedFault, AStoreBeyondTheTensorIsReportedAtItsLine) {
  const auto device = make_sim_device(GetParam());
  Stream stream(device);
  const Tensor x = stream.empty(DType::f32, {100}), y = stream.empty(DType::f32, {100});
  try {
    copy_too_far_kernel.launch(stream, x, y);
    ADD_FAILURE() << "nothing was reported";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_fault);
    EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr("copy_too_far"));
  }
  ASSERT_FALSE(device->reports().empty());
  const SimReport& report = device->reports().front();
  EXPECT_EQ(report.check, "bounds");
  EXPECT_EQ(report.kernel, "copy_too_far");
  EXPECT_THAT(report.location.file, ::testing::HasSubstr("planted_fault_test.cpp"));
  EXPECT_EQ(report.location.line, planted_line);
  EXPECT_EQ(report.block[0], 1U);
}

}  // namespace
}  // namespace tegula
