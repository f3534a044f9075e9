// Mistakes: of the kernel's author while running and while tracing, and kernels too large.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "runtime/format/architecture.h"
#include "tegula/error.h"
#include "tests/kernels/faults_helper.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

struct Cfg {
  int bn = 64;
  int bm = 1;
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("bm", &Cfg::bm).field("warps", &Cfg::warps);
}

class Faults : public KernelTest {
 protected:
  /// The message of the Error that `call` throws, which must be of this code.
  template <class Call>
  static std::string error_of(ErrorCode code, Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  static std::string line(int number, const char* file = "fault_test.cpp") {
    return std::string(file) + ":" + std::to_string(number) + ":";
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Faults, ::testing::ValuesIn(sim_targets), target_name);

constexpr int load_line = __LINE__ + 4;
void broken_load_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).in_bounds().load({i}), {i});
}
const auto broken_load = with_fields(kernel("broken_load_fwd", broken_load_fwd, {"x", "y"}));

TEST_P(Faults, APromiseOfBoundsKept) {
  const auto x = random_floats(f32, 128);
  const Tensor out = stream.empty(f32, {128});
  launch(broken_load, Cfg{}, floats(f32, {128}, x), out);
  expect_floats(out, x);
}

TEST_P(Faults, ABrokenPromiseOfALoad) {
  for (const std::int64_t n : {1, 100, 127}) {
    const Tensor x = filled(f32, {n}, 1), y = filled(f32, {n}, 0);
    EXPECT_THAT(error_of(ErrorCode::device_fault, [&] { launch(broken_load, Cfg{}, x, y); }),
                HasSubstr(line(load_line)));
    ASSERT_FALSE(device->reports().empty());
    EXPECT_EQ(device->reports().back().check, "bounds");
    EXPECT_EQ(device->reports().back().location.line, static_cast<std::uint32_t>(load_line));
    device->reset_statistics();
  }
}

void helped_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  store_too_far(y, x.tiles({c.bn}).load({i}), i, c.bn);
}
const auto helped = with_fields(kernel("helped_fwd", helped_fwd, {"x", "y"}));

TEST_P(Faults, AHelperInAnotherFileIsNamed) {
  const Tensor x = filled(f32, {128}, 1), y = filled(f32, {128}, 0);
  EXPECT_THAT(error_of(ErrorCode::device_fault, [&] { launch(helped, Cfg{}, x, y); }),
              HasSubstr(line(helper_store_line, "faults_helper.h")));
  ASSERT_FALSE(device->reports().empty());
  EXPECT_THAT(device->reports().front().location.file, HasSubstr("faults_helper.h"));
  EXPECT_EQ(device->reports().front().location.line, static_cast<std::uint32_t>(helper_store_line));
  EXPECT_EQ(device->reports().front().block[0], 1U);
}

constexpr int mixed_line = __LINE__ + 4;
void mixed_fwd(const Cfg& c, In x, Out y) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) + iota(c.bn), {i});
}
const auto mixed = with_fields(kernel("mixed_fwd", mixed_fwd, {"x", "y"}));

TEST_P(Faults, ATracingErrorNamesItsLine) {
  const Tensor x = filled(f32, {128}, 1), y = filled(f32, {128}, 0);
  const std::string message = error_of(ErrorCode::kernel, [&] { launch(mixed, Cfg{}, x, y); });
  EXPECT_THAT(message, HasSubstr(line(mixed_line)));
  EXPECT_THAT(message, HasSubstr("f32 and i32"));
}

/// Sums of columns and sums of rows lie in different threads; to be added, one has to pass through
/// shared memory.
void wide_fwd(const Cfg& c, In x, In z, Out y) {
  auto [one] = grid({1});
  Tile columns = sum(x.tiles({2, c.bn}).load({0, 0}), 0).squeeze();
  Tile rows = sum(z.tiles({c.bn, 2}).load({0, 0}), 1).squeeze();
  y.tiles({c.bn}).store(columns + rows, {0});
}
const auto wide = with_fields(kernel("wide_fwd", wide_fwd, {"x", "z", "y"}));

TEST_P(Faults, TooMuchSharedMemory) {
  const auto run = [&](int bn) {
    const Tensor x = filled(f32, {2, bn}, 1), z = filled(f32, {bn, 2}, 2), y = filled(f32, {bn}, 0);
    launch(wide, Cfg{.bn = bn, .warps = 8}, x, z, y);
    expect_floats(y, std::vector<double>(static_cast<std::size_t>(bn), 6));
  };
  run(8192);
  const std::string message = error_of(ErrorCode::out_of_resources, [&] { run(65536); });
  const auto limit = format::find_architecture(arch())->shared_limit;
  EXPECT_THAT(message, HasSubstr("wide_fwd"));
  EXPECT_THAT(message, HasSubstr(fmt::format("got 262144 bytes; wanted at most {} bytes on {}",
                                             limit, arch())));
}

constexpr int stray_line = __LINE__ + 8;
constexpr int spin_line = __LINE__ + 5;
void locked_fwd(const Cfg& c, InOut y, InOut lock, In blocks) {
  auto [i] = grid({blocks.dim(0)});
  Tile taken = full(i32, {}, 1);
  while_([&] { return taken == 1; },
         [&] { taken = lock.atomic_compare_exchange(0, 1, {0}, {.order = MemoryOrder::acquire}); });
  if (c.bm > 1) return;  // and keeps it
  y.scatter(full(f32, {}, 1), {select(i == 1, -1, 0)});
  lock.atomic_exchange(0, {0}, {.order = MemoryOrder::release});
}
const auto locked = with_fields(kernel("locked_fwd", locked_fwd, {"y", "lock", "blocks"}));

TEST_P(Faults, AFaultInsideALock) {
  for (const std::uint32_t threads : {1, 2}) {
    device->options().threads = threads;
    const Tensor y = filled(f32, {1}, 0), lock = filled(i32, {1}, 0), blocks = filled(i32, {9}, 0);
    EXPECT_THAT(error_of(ErrorCode::device_fault, [&] { launch(locked, Cfg{}, y, lock, blocks); }),
                HasSubstr(line(stray_line)));
  }
}

TEST_P(Faults, ALockThatIsKept) {
  const Tensor y = filled(f32, {1}, 0), lock = filled(i32, {1}, 0), blocks = filled(i32, {9}, 0);
  const std::string message =
      error_of(ErrorCode::device_fault, [&] { launch(locked, Cfg{.bm = 2}, y, lock, blocks); });
  EXPECT_THAT(message, HasSubstr("deadlock: the warps go on for ever"));
  EXPECT_THAT(message, HasSubstr("goes round at"));
  EXPECT_THAT(message, HasSubstr(line(spin_line)));
}

/// Each step of the host's loop is another value of 256 f32 a thread.
void many_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile v = x.tiles({c.bn}).load({one});
  for (int step = 0; step < c.bm; ++step) v = v * v + 1;
  y.tiles({c.bn}).store(v, {one});
}
const auto many = with_fields(kernel("many_fwd", many_fwd, {"x", "y"}));

TEST_P(Faults, MoreRegistersThanTheSimulatorHas) {
  const Tensor x = filled(f32, {16}, 0), y = filled(f32, {16}, 0);
  launch(many, Cfg{.bn = 8192, .bm = 4, .warps = 1}, x, y);
  expect_floats(y, std::vector<double>(16, 26));
  const std::string message = error_of(ErrorCode::out_of_resources, [&] {
    launch(many, Cfg{.bn = 8192 * 32, .bm = 272, .warps = 32}, x, y);
  });
  EXPECT_THAT(message, HasSubstr("many_fwd: error: the kernel's tiles take more registers"));
  EXPECT_THAT(message, HasSubstr("bytes for 32 warps; wanted at most 268435456 bytes a block"));
}

void huge_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({1}).store(sum(iota(c.bn), 0) + x.tiles({1}).load({i}), {i});
}
const auto huge = with_fields(kernel("huge_fwd", huge_fwd, {"x", "y"}));

TEST_P(Faults, ATileTooLargeForItsThreads) {
  const Tensor x = filled(i32, {1}, 1), y = filled(i32, {1}, 0);
  launch(huge, Cfg{.bn = 65536, .warps = 8}, x, y);
  expect_integers(y, {65535 * std::int64_t{32768} + 1});
  const std::string message = error_of(
      ErrorCode::out_of_resources, [&] { launch(huge, Cfg{.bn = 8192 * 32, .warps = 1}, x, y); });
  EXPECT_THAT(message, HasSubstr("fault_test.cpp:"));
  EXPECT_THAT(message, HasSubstr("huge_fwd: a tile has too many elements for the block's threads "
                                 "(got 262144 elements, 8192 for each of 32 threads; wanted at "
                                 "most 4096 for each thread)"));
  EXPECT_THAT(message, HasSubstr("use more warps than 1, or a loop over smaller tiles"));
}

}  // namespace
}  // namespace tegula::testing
