// Every check against a bug planted in one place: the report names the kernel, the author's line,
// the block, the warp and the lane. The same kernel without the bug is reported for nothing.
#include <functional>

#include "tests/runtime/sim/checks/reports_of.h"

namespace tegula::testing {
namespace {

constexpr std::uint32_t bad_warp = 2, bad_lane = 5;

/// A kernel of four warps in 2 x 2 blocks. `bug`, an i1, is true in lane 5 of warp 2 of block
/// (1, 1, 0), or nowhere. Line 42 is the bug's, line 2 that of what comes before it.
struct Scene {
  explicit Scene(bool with_bug) : b(4, 512) {
    x = b.parameter(Scalar::i64), y = b.parameter(Scalar::i64), raw = b.parameter(Scalar::i64);
    tid = b.special(Special::tid_x), lane = b.special(Special::lane);
    warp = b.special(Special::warp);
    zero = b.i32(0), one = b.i32(1), shared = b.i32(0);
    const auto is = [&](Reg value, int wanted) { return b.icmp(ICmp::eq, value, b.i32(wanted)); };
    const auto both = [&](Reg p, Reg q) { return b.op(Opcode::iand, Scalar::i1, 1, {p, q}); };
    const Reg in_block =
        both(is(b.special(Special::ctaid_x), with_bug ? 1 : 9), is(b.special(Special::ctaid_y), 1));
    in_warp = both(in_block, is(warp, bad_warp));
    bug = both(in_warp, is(lane, bad_lane));
    first = is(tid, 0);
    b.next_origin = 1;
  }
  void line_of_bug() { b.next_origin = 2; }
  /// Where `condition` holds: what `body` writes.
  void where(Reg condition, const std::function<void()>& body) {
    const std::uint32_t split = b.cond_br(condition);
    b.aim(split, 0, b.here());
    body();
    b.aim(split, 1, b.here());
  }
  /// `wrong` where the bug is, else `right`.
  Reg pick(Reg wrong, Reg right) {
    return b.op(Opcode::select, Scalar::i32, 1, {bug, wrong, right});
  }

  ImageBuilder b;
  Reg x, y, raw;  ///< 2 KiB each: read, written; raw is not initialised
  Reg tid, lane, warp, zero, one, shared;
  Reg in_warp, bug, first;
};

struct SeededBug {
  const char* name;
  const char* check;
  const char* text;
  void (*write)(Scene& s);
  std::uint32_t reported_warp = bad_warp, reported_lane = bad_lane;
};

const SeededBug seeded_bugs[] = {
    {"LoadOutOfBounds", "bounds", "load of 4 bytes at x+2048, 0 bytes past its end",
     [](Scene& s) {
       s.line_of_bug();
       s.b.load(s.b.address(s.x, s.pick(s.b.i32(512), s.tid), 4), Scalar::i32, 1, 4);
     }},
    {"StoreOutOfBounds", "bounds", "store of 4 bytes at y-4, 4 bytes before its start",
     [](Scene& s) {
       s.line_of_bug();
       s.b.store(s.b.address(s.y, s.pick(s.b.i32(-1), s.tid), 4), s.one, 4);
     }},
    {"SharedOutOfBounds", "bounds", "store of 4 bytes at offset 512 of shared memory",
     [](Scene& s) {
       s.line_of_bug();
       s.b.store(s.b.address(s.shared, s.pick(s.b.i32(128), s.tid), 4), s.one, 4);
     }},
    {"AtomicOutOfBounds", "bounds", "at y+2048",
     [](Scene& s) {
       s.line_of_bug();
       s.b.atomic(no_register, Opcode::atomic_add,
                  {s.b.address(s.y, s.pick(s.b.i32(512), s.tid), 4), s.one});
     }},
    {"MisalignedLoad", "alignment", "load of 4 bytes at x+2 is not aligned to 4 bytes",
     [](Scene& s) {
       s.line_of_bug();
       s.b.load(s.b.address(s.x, s.pick(s.b.i32(2), s.zero), 1), Scalar::i32, 1, 4);
     }},
    {"MisalignedShared", "alignment", "at offset 2 of shared memory is not aligned to 4 bytes",
     [](Scene& s) {
       s.line_of_bug();
       s.b.store(s.b.address(s.shared, s.pick(s.b.i32(2), s.b.i32(4)), 1), s.one, 4, s.bug);
     }},
    {"RaceOfWarps", "race", "is not ordered after the write by warp 0, lane 0 at a.cpp:2:2",
     [](Scene& s) {
       s.b.store(s.shared, s.one, 4, s.first);
       s.line_of_bug();
       s.b.load(s.shared, Scalar::i32, 1, 4, s.bug);
       s.b.barrier();
       s.b.load(s.shared, Scalar::i32, 1, 4);
     }},
    {"RaceOfLanes", "race", "is not ordered after the write by warp 2, lane 6 at a.cpp:2:2",
     [](Scene& s) {
       s.b.store(s.b.address(s.shared, s.tid, 4), s.tid, 4);
       s.line_of_bug();
       const Reg next = s.b.op(Opcode::iadd, Scalar::i32, 1, {s.tid, s.one});
       s.b.load(s.b.address(s.shared, s.pick(next, s.tid), 4), Scalar::i32, 1, 4);
     }},
    {"RaceOfBlocks", "race", "block (0, 0, 0)",
     [](Scene& s) {
       const Reg origin = s.b.op(Opcode::ior, Scalar::i32, 1,
                                 {s.b.special(Special::ctaid_x), s.b.special(Special::ctaid_y)});
       const Reg leads =
           s.b.op(Opcode::iand, Scalar::i1, 1, {s.first, s.b.icmp(ICmp::eq, origin, s.zero)});
       s.b.store(s.y, s.one, 4, leads);
       s.line_of_bug();
       s.b.store(s.y, s.tid, 4, s.bug);
     }},
    {"UnwrittenShared", "uninitialised", "which nobody has written",
     [](Scene& s) {
       s.b.store(s.b.address(s.shared, s.lane, 4), s.lane, 4, s.b.icmp(ICmp::eq, s.warp, s.zero));
       s.b.barrier();
       s.line_of_bug();
       s.b.load(s.b.address(s.shared, s.pick(s.b.i32(40), s.lane), 4), Scalar::i32, 1, 4);
     }},
    {"UnwrittenTensor", "uninitialised", "raw",
     [](Scene& s) {
       s.line_of_bug();
       s.b.load(s.b.address(s.raw, s.tid, 4), Scalar::i32, 1, 4, s.bug);
     }},
    {"CopyNotWaitedFor", "wait", "the copy issued at a.cpp:2:2 has still to arrive",
     [](Scene& s) {
       const Reg to = s.b.address(s.shared, s.tid, 4);
       s.b.effect(Opcode::cp_async, {to, s.b.address(s.x, s.tid, 4)}, 4);
       s.b.effect(Opcode::cp_async_commit);
       s.line_of_bug();
       s.b.load(to, Scalar::i32, 1, 4, s.bug);
       s.b.effect(Opcode::cp_async_wait, {}, 0);
       s.b.load(to, Scalar::i32, 1, 4);
     }},
    {"MBarrierNotWaitedFor", "wait", "has still to arrive",
     [](Scene& s) {
       const Reg bytes = s.b.i32(128), full = s.b.i32(256);
       s.b.effect(Opcode::mbarrier_init, {full, s.one, s.first});
       s.b.barrier();
       s.b.effect(Opcode::mbarrier_expect_tx, {full, bytes, s.first}, 0, 1);
       s.b.effect(Opcode::bulk_load, {s.shared, s.x, bytes, full, s.first});
       s.line_of_bug();
       s.b.load(s.b.address(s.shared, s.lane, 4), Scalar::i32, 1, 4, s.bug);
       s.b.wait(full, s.zero);
       s.b.load(s.b.address(s.shared, s.lane, 4), Scalar::i32, 1, 4);
     }},
    {"StoreNotWaitedFor", "wait", "the bulk store issued at a.cpp:2:2 has still to read",
     [](Scene& s) {
       const Reg bytes = s.b.i32(128);
       s.b.store(s.b.address(s.shared, s.tid, 4), s.one, 4);
       s.b.effect(Opcode::fence_proxy_async);
       s.b.barrier();
       s.b.effect(Opcode::bulk_store, {s.y, s.shared, bytes, s.bug});
       s.b.effect(Opcode::bulk_commit);
       s.line_of_bug();
       s.b.store(s.shared, s.tid, 4, s.bug);
       s.b.effect(Opcode::bulk_wait, {}, 0);
     }},
    {"ExitBeforeTheStoreIsDone", "wait", "the warp exits",
     [](Scene& s) {
       s.b.store(s.b.address(s.shared, s.tid, 4), s.one, 4);
       s.b.effect(Opcode::fence_proxy_async);
       s.b.barrier();
       s.line_of_bug();
       s.b.effect(Opcode::bulk_store, {s.y, s.shared, s.b.i32(128), s.bug});
       s.b.effect(Opcode::bulk_commit);
     },
     bad_warp, 0},
    {"NoProxyFence", "proxy", "no proxy fence lies between",
     [](Scene& s) {
       s.b.store(s.b.address(s.shared, s.tid, 4), s.one, 4);
       s.b.barrier();
       s.line_of_bug();
       s.b.effect(Opcode::bulk_store, {s.y, s.shared, s.b.i32(128), s.bug});
       s.b.effect(Opcode::bulk_commit);
       s.b.effect(Opcode::bulk_wait, {}, 0);
     }},
    {"AnotherBarrier", "barrier", "the warp is at barrier 1 while warp 0 waits at barrier 0",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.in_warp, [&] { s.b.barrier(1); });
       s.b.next_origin = 3;
       s.b.barrier(0);
     },
     bad_warp, 0},
    {"DivergedBarrier", "barrier", "1 lanes of the warp are at barrier 0",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.bug, [&] { s.b.barrier(0); });
     }},
    {"DivergedShuffle", "shuffle", "needs all 32 lanes, and 31 of them are not there",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.bug, [&] { s.b.op(Opcode::warp_shuffle, Scalar::i32, 1, {s.lane, s.one}); });
     }},
    {"NoMBarrierThere", "mbarrier", "there is no mbarrier at offset 64",
     [](Scene& s) {
       s.line_of_bug();
       s.b.effect(Opcode::mbarrier_arrive, {s.b.i32(64), no_register, s.bug});
     }},
    {"TooManyArrivals", "mbarrier", "2 arrivals at the mbarrier at offset 64",
     [](Scene& s) {
       s.b.effect(Opcode::mbarrier_init, {s.b.i32(64), s.one, s.first});
       s.b.barrier();
       s.line_of_bug();
       s.b.effect(Opcode::mbarrier_arrive, {s.b.i32(64), s.b.i32(2), s.bug});
     }},
    {"StoreIntoAnMBarrier", "mbarrier", "where an mbarrier lives since a.cpp:2:2",
     [](Scene& s) {
       s.b.effect(Opcode::mbarrier_init, {s.b.i32(64), s.one, s.first});
       s.b.barrier();
       s.line_of_bug();
       s.b.store(s.b.i32(64), s.one, 4, s.bug);
     }},
    {"DeadlockAtAnMBarrier", "deadlock", "waits at the mbarrier at offset 64 for parity 0",
     [](Scene& s) {
       s.b.effect(Opcode::mbarrier_init, {s.b.i32(64), s.one, s.first});
       s.b.barrier();
       s.line_of_bug();
       s.where(s.bug, [&] { s.b.wait(s.b.i32(64), s.zero); });
     }},
    {"DeadlockAtANamedBarrier", "deadlock", "warp 2 waits",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.in_warp, [&] { s.b.named_barrier(3, 64); });
     },
     bad_warp, 0},
    {"Assertion", "assert", "lengths must agree",
     [](Scene& s) {
       s.line_of_bug();
       s.b.effect(Opcode::assert_true, {s.b.icmp(ICmp::ne, s.tid, s.b.i32(69)), s.bug},
                  s.b.text("lengths must agree"));
     }},
    {"Trap", "trap", "the kernel stopped itself",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.bug, [&] { s.b.effect(Opcode::trap); });
     }},
    {"EndlessLoop", "limit", "warp instructions",
     [](Scene& s) {
       s.line_of_bug();
       s.where(s.bug, [&] { s.b.br(s.b.here()); });
     }},
};

void PrintTo(const SeededBug& bug, std::ostream* stream) { *stream << bug.name; }

class SimSeededBug : public ::testing::TestWithParam<SeededBug> {
 protected:
  std::vector<SimReport> reports(bool with_bug) {
    Scene s(with_bug);
    GetParam().write(s);
    s.b.ret();
    // Apart: what misses one tensor and hits another counts as an access to that one.
    struct Memory {
      std::array<std::int32_t, 512> x, gap, y, second_gap, raw;
    };
    alignas(128) static Memory memory;
    const std::vector<Argument> arguments = {{"x", memory.x.data(), sizeof memory.x},
                                             {"y", memory.y.data(), sizeof memory.y, true},
                                             {.name = "raw",
                                              .data = memory.raw.data(),
                                              .bytes = sizeof memory.raw,
                                              .writable = true,
                                              .undefined = true}};
    return reports_of(s.b.image(), arguments, {.step_limit = 20'000, .threads = 1}, {{2, 2, 1}, 0});
  }
};
INSTANTIATE_TEST_SUITE_P(Checks, SimSeededBug, ::testing::ValuesIn(seeded_bugs),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(SimSeededBug, IsReportedWhereItIs) {
  const SeededBug& bug = GetParam();
  const auto found = reports(true);
  ASSERT_EQ(found.size(), 1u) << (found.empty() ? "" : found.back().message);
  const SimReport& r = found[0];
  EXPECT_EQ(r.check, bug.check);
  EXPECT_EQ(r.kernel, "hand_made");
  EXPECT_EQ(r.location.file, "kernels/scale.cpp");
  EXPECT_EQ(r.location.line, 42u);
  EXPECT_EQ(r.block, (std::array<std::uint32_t, 3>{1, 1, 0}));
  EXPECT_EQ(r.warp, bug.reported_warp);
  EXPECT_EQ(r.lane, bug.reported_lane);
  EXPECT_THAT(r.message, ::testing::StartsWith(std::string("kernels/scale.cpp:42:7: error: "
                                                           "hand_made: ") +
                                               bug.check + ": "));
  EXPECT_THAT(r.message, ::testing::HasSubstr(bug.text));
  EXPECT_THAT(r.message, ::testing::EndsWith("; block (1, 1, 0), warp 2, lane " +
                                             std::to_string(bug.reported_lane)));
}

TEST_P(SimSeededBug, WithoutItThereIsNoReport) {
  for (const SimReport& r : reports(false)) ADD_FAILURE() << r.message;
}

}  // namespace
}  // namespace tegula::testing
