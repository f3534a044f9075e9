// Votes, prints and assertions.
#include <gmock/gmock.h>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

using format::VoteMode;

/// What lane 0 sees when the lanes below `limit` vote yes.
std::vector<std::uint32_t> votes(std::int32_t limit) {
  ImageBuilder b;
  const Reg y = b.parameter(Scalar::i64), lane = b.special(Special::lane), bound = b.i32(limit);
  const Reg yes = b.icmp(ICmp::slt, lane, bound);
  std::vector<Reg> results = {b.op(Opcode::ballot, Scalar::i32, 1, {yes})};
  for (const VoteMode mode : {VoteMode::any, VoteMode::all, VoteMode::uniform}) {
    const Reg vote = b.op(Opcode::vote, Scalar::i1, 1, {yes}, {0, static_cast<int>(mode)});
    results.push_back(b.op(Opcode::zext, Scalar::i32, 1, {vote}));
  }
  for (std::size_t k = 0; k < results.size(); ++k)
    b.store(b.address(b.address(y, lane, 16), b.i32(static_cast<std::int32_t>(k)), 4), results[k],
            4);
  b.ret();
  std::vector<std::uint32_t> got(32 * 4);
  const auto device = make_sim_device("sm_90a");
  run_image(*device, b.image(), {out("y", got)});
  for (std::size_t k = 4; k < got.size(); ++k) EXPECT_EQ(got[k], got[k - 4]);
  got.resize(4);
  return got;
}

TEST(SimCollective, Votes) {
  EXPECT_EQ(votes(5), (std::vector<std::uint32_t>{31, 1, 0, 0}));
  EXPECT_EQ(votes(0), (std::vector<std::uint32_t>{0, 0, 0, 1}));
  EXPECT_EQ(votes(32), (std::vector<std::uint32_t>{0xffffffff, 1, 1, 1}));
}

TEST(SimCollective, VotesNeedAllLanes) {
  ImageBuilder b;
  const Reg lane = b.special(Special::lane), ten = b.i32(10);
  const Reg few = b.icmp(ICmp::ult, lane, ten);
  const std::uint32_t split = b.cond_br(few);
  b.aim(split, 0, b.here());
  b.op(Opcode::ballot, Scalar::i32, 1, {few});
  b.aim(split, 1, b.here());
  b.ret();
  expect_report(b.image(), {}, "shuffle", "a warp vote needs all 32 lanes, and 22 of them");
}

TEST(SimAuthor, PrintsInOrderOfBlocks) {
  ImageBuilder b;
  const Reg lane = b.special(Special::lane), block = b.special(Special::ctaid_x);
  const Reg two = b.i32(2), half = b.constant(Scalar::bf16, {0x3f00, 0xbf80}, 2);
  b.next_origin = 2;
  b.effect(Opcode::print, {lane, half, block, no_register, b.icmp(ICmp::ult, lane, two)},
           b.text("lane {} has {},"));
  b.ret();
  for (const std::uint32_t threads : {1, 4}) {
    const auto device = make_sim_device("sm_90a", {.threads = threads});
    run_image(*device, b.image(), {}, {{9, 1, 1}}, sample_locations());
    const auto& prints = device->prints();
    ASSERT_EQ(prints.size(), 18u);
    for (std::size_t k = 0; k < prints.size(); ++k) {
      EXPECT_EQ(prints[k].block[0], k / 2);
      EXPECT_EQ(prints[k].lane, k % 2);
      EXPECT_EQ(prints[k].location.line, 42u);
      EXPECT_EQ(prints[k].text,
                "lane " + std::to_string(k % 2) + " has [0.5, -1], " + std::to_string(k / 2));
    }
    device->reset_statistics();
    EXPECT_TRUE(device->prints().empty());
  }
}

TEST(SimAuthor, AssertionsHoldWithChecksOffToo) {
  ImageBuilder b;
  const Reg lane = b.special(Special::lane), limit = b.i32(20);
  b.next_origin = 2;
  b.effect(Opcode::assert_true, {b.icmp(ICmp::slt, lane, limit)}, b.text("the lane is small"));
  b.ret();
  const auto reports = reports_of(b.image(), {}, {.checks = false});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].check, "assert");
  EXPECT_EQ(reports[0].lane, 20u);
  EXPECT_THAT(reports[0].message,
              ::testing::HasSubstr("42:7: error: hand_made: assert: the lane is "
                                   "small; block (0, 0, 0), warp 0, lane 20"));
}

}  // namespace
}  // namespace tegula::testing
