// print and assert_that: what is printed, by whom, and what a failed assertion reports.
#include <gmock/gmock.h>

#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

struct Cfg {
  int bn = 8;
  int warps = 1;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class Debugging : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    device->options().show_prints = false;
  }
  std::vector<std::string> printed() const {
    std::vector<std::string> lines;
    for (const SimPrint& print : device->prints()) lines.push_back(print.text);
    return lines;
  }
  void expect_printed(const std::vector<std::string>& wanted) const {
    if (simulates()) {
      EXPECT_EQ(printed(), wanted);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Debugging, ::testing::ValuesIn(kernel_targets()), target_name);

constexpr int scalars_line = __LINE__ + 3;
void scalars_fwd(const Cfg&, In x, I64 big, U64 huge, F64 real) {
  auto [i] = grid({x.dim(0)});
  print("block {} has {}, 100 % of {{it}} {}", i, x.gather({i}), x.gather({i}) > 0);
  print("{}{} and {}", big, huge, real);
  print("nothing");
}
const auto scalars = with_fields(kernel("scalars_fwd", scalars_fwd, {"x", "big", "huge", "real"}));

TEST_P(Debugging, OneLineABlock) {
  for (const int warps : {1, 4})
    for (const auto& [dtype, value, text] : {std::tuple{i8, -3, "-3"},
                                             {u8, 250, "250"},
                                             {i16, -300, "-300"},
                                             {u32, -1, "4294967295"},
                                             {i64, -7, "-7"},
                                             {u64, -1, "18446744073709551615"}}) {
      SCOPED_TRACE(dtype_name(dtype));
      device->reset_statistics();
      launch(scalars, Cfg{.warps = warps}, integers(dtype, {2}, {value, 1}),
             std::int64_t{-5000000000}, ~std::uint64_t{0}, 0.125);
      const std::string second = "-500000000018446744073709551615 and 0.125";
      const std::string sign = is_unsigned_integer(dtype) ? "true" : "false";
      expect_printed({std::string("block 0 has ") + text + ", 100 % of {it} " + sign, second,
                      "nothing", "block 1 has 1, 100 % of {it} true", second, "nothing"});
      if (!simulates()) continue;
      EXPECT_EQ(device->prints()[0].location.line, static_cast<std::uint32_t>(scalars_line));
      EXPECT_EQ(device->prints()[3].block[0], 1U);
    }
}

TEST_P(Debugging, FloatsOfEveryWidth) {
  for (const DType dtype : {f16, bf16, f32, f64}) {
    device->reset_statistics();
    launch(scalars, Cfg{}, floats(dtype, {1}, {-1.5}), std::int64_t{0}, std::uint64_t{1}, 2.0);
    expect_printed({"block 0 has -1.5, 100 % of {it} false", "01 and 2", "nothing"});
  }
}

/// As numbers, not as their codes.
void eight_bits_fwd(const Cfg&, In x) {
  auto [i] = grid({1});
  const Tile t = x.tiles({4}).load({i});
  print("{} {} {}", t, x.gather({1}), t.to(f32));
}
const auto eight_bits = with_fields(kernel("eight_bits_fwd", eight_bits_fwd, {"x"}));

TEST_P(Debugging, EightBitFloats) {
  const std::pair<DType, std::vector<std::uint8_t>> cases[] = {
      {DType::f8e4m3, {0x38, 0xbc, 0x01, 0x7e}}, {DType::f8e5m2, {0x3c, 0xbe, 0x18, 0x5f}}};
  for (const auto& [dtype, codes] : cases) {
    device->reset_statistics();
    Tensor x = stream.empty(dtype, {4});
    if (!assembles()) x.copy_from_host(codes.data(), codes.size());
    launch(eight_bits, Cfg{}, x);
    const std::string list = "[1, -1.5, 0.001953125, 448]";
    expect_printed({list + " -1.5 " + list});
  }
}

/// Tiles in the layouts that loads, reductions and broadcasts leave them in.
void tiles_fwd(const Cfg& c, In x) {
  auto [i] = grid({1});
  const Tile t = x.tiles({4, c.bn}).load({i, 0});
  print("t {}", t);
  print("rows {} columns {}", sum(t, 1), sum(t, 0));
  for (auto j : range(0, 2))
    if_(j == 1, [&] { print("iteration {}: {} {}", j, iota(2) + j, iota(4) > 1); });
}
const auto tiles = with_fields(kernel("tiles_fwd", tiles_fwd, {"x"}));

TEST_P(Debugging, TilesInRowMajorOrder) {
  for (const DType dtype : {i32, f16, f64, u8})
    for (const int warps : {1, 2, 8})
      for (const int bn : {2, 8, 256}) {
        if (assembles() && (dtype != f16 || warps == 2)) continue;
        SCOPED_TRACE(std::string(dtype_name(dtype)) + " " + std::to_string(bn) + " columns, " +
                     std::to_string(warps) + " warps");
        device->reset_statistics();
        std::vector<std::int64_t> x;
        for (int k = 0; k < 4 * bn; ++k) x.push_back(k % 16);
        const Tensor in = is_float(dtype) ? floats(dtype, {4, bn}, {x.begin(), x.end()})
                                          : integers(dtype, {4, bn}, x);
        launch(tiles, Cfg{.bn = bn, .warps = warps}, in);
        const auto list = [](const std::vector<std::int64_t>& values) {
          std::string text;
          for (std::size_t k = 0; k < values.size() && k < 64; ++k)
            text += (k == 0 ? "[" : ", ") + std::to_string(values[k]);
          return text + (values.size() > 64 ? ", ...]" : "]");
        };
        std::vector<std::int64_t> rows(4, 0), columns(static_cast<std::size_t>(bn), 0);
        for (std::size_t k = 0; k < x.size(); ++k) {
          rows[k / static_cast<std::size_t>(bn)] += x[k];
          columns[k % static_cast<std::size_t>(bn)] += x[k];
        }
        for (auto& r : rows)
          if (!is_float(dtype)) r = wrapped(dtype, r);
        expect_printed({"t " + list(x), "rows " + list(rows) + " columns " + list(columns),
                        "iteration 1: [1, 2] [false, false, true, true]"});
      }
}

TEST_P(Debugging, PrintsGoToStandardOutputUnlessToldOtherwise) {
  if (!simulates()) return;
  device->options().show_prints = true;
  ::testing::internal::CaptureStdout();
  launch(scalars, Cfg{}, integers(i32, {1}, {4}), std::int64_t{0}, std::uint64_t{1}, 2.0);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "block 0 has 4, 100 % of {it} true\n01 and 2\nnothing\n");
  device->options().show_prints = false;
  ::testing::internal::CaptureStdout();
  launch(scalars, Cfg{}, integers(i32, {1}, {4}), std::int64_t{0}, std::uint64_t{1}, 2.0);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

constexpr int assert_line = __LINE__ + 4;
void checked_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  const Tile v = x.tiles({c.bn}).load({i});
  assert_that(v >= 0, "x holds {something} negative");
  assert_that(i < 1000, "too many blocks");
  y.tiles({c.bn}).store(v, {i});
}
const auto checked = with_fields(kernel("checked_fwd", checked_fwd, {"x", "y"}));

TEST_P(Debugging, AnAssertionThatHoldsChangesNothing) {
  for (const int warps : {1, 4})
    for (const int bn : {8, 512}) {
      const auto x = random_integers(0, 100, 1000);
      const Tensor y = filled(i32, {1000}, 0);
      launch(checked, Cfg{.bn = bn, .warps = warps}, integers(i32, {1000}, x), y);
      expect_integers(y, x);
    }
}

TEST_P(Debugging, AnAssertionThatFailsNamesTheLineAndTheBlock) {
  if (!simulates()) return;
  for (const bool checks : {true, false}) {
    device->options().checks = checks;
    device->reset_statistics();
    std::vector<std::int64_t> x(1000, 1);
    x[517] = -1;
    try {
      launch(checked, Cfg{.bn = 256, .warps = 4}, integers(i32, {1000}, x), filled(i32, {1000}, 0));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::device_fault);
      EXPECT_THAT(error.what(), HasSubstr("x holds {something} negative"));
      EXPECT_THAT(error.what(), HasSubstr("checked_fwd"));
      EXPECT_THAT(error.what(), HasSubstr("debug_test.cpp:" + std::to_string(assert_line) + ":"));
    }
    ASSERT_EQ(device->reports().size(), 1U);
    const SimReport& report = device->reports()[0];
    EXPECT_EQ(report.check, "assert");
    EXPECT_EQ(report.block[0], 2U);
    // Element 5 of 256, two a thread.
    EXPECT_EQ(report.warp, 0U);
    EXPECT_EQ(report.lane, 5U);
  }
}

TEST_P(Debugging, TheDriverPrintsAndAsserts) {
  if (!assembles()) return;
  const Tensor x = filled(i32, {8}, 1);
  const std::string prints = ptx_of(scalars, Cfg{}, x, std::int64_t{0}, std::uint64_t{0}, 1.0);
  EXPECT_THAT(prints, HasSubstr(".extern .func  (.param .b32 func_retval0) vprintf"));
  const std::string asserts = ptx_of(checked, Cfg{}, x, x);
  EXPECT_THAT(asserts, HasSubstr(".extern .func __assertfail"));
}

}  // namespace
}  // namespace tegula::testing
