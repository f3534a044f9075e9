// Expressions, and launch records through bytes and back.
#include <gtest/gtest.h>

#include <limits>

#include "runtime/format/launch_record.h"
#include "tegula/error.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::format {
namespace {

using Op = Expression::Op;

Expression::Node constant(std::int64_t v) { return {Op::constant, v}; }
Expression::Node extent(std::uint32_t argument, std::uint32_t dimension) {
  return {Op::extent, 0, argument, dimension};
}
Expression::Node op(Op o) { return {o}; }

std::int64_t value_of(Op o, std::int64_t a, std::int64_t b) {
  return evaluate(
      {{constant(a), constant(b), op(o)}}, [](auto, auto) { return 0; }, 1);
}

TEST(Expression, Evaluates) {
  const auto extents = [](std::uint32_t argument, std::uint32_t dimension) -> std::int64_t {
    return 100 * argument + dimension;
  };
  EXPECT_EQ(evaluate({{extent(3, 1), constant(4), op(Op::cdiv)}}, extents, 1), 76);
  EXPECT_EQ(value_of(Op::add, 7, -2), 5);
  EXPECT_EQ(value_of(Op::sub, 7, -2), 9);
  EXPECT_EQ(value_of(Op::mul, 7, -2), -14);
  EXPECT_EQ(value_of(Op::div, -7, 2), -3);
  EXPECT_EQ(value_of(Op::rem, -7, 2), -1);
  EXPECT_EQ(value_of(Op::cdiv, 7, 2), 4);
  EXPECT_EQ(value_of(Op::cdiv, 8, 2), 4);
  EXPECT_EQ(value_of(Op::cdiv, -7, 2), -3);
  EXPECT_EQ(value_of(Op::cdiv, -7, -2), 4);
  EXPECT_EQ(value_of(Op::cdiv, 0, 2), 0);
  EXPECT_EQ(value_of(Op::min, 7, -2), -2);
  EXPECT_EQ(value_of(Op::max, 7, -2), 7);
}

TEST(Expression, RefusesOverflowAndDivisionByZero) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  struct Case {
    Op op;
    std::int64_t a, b;
  };
  for (const Case& c : {Case{Op::add, most, 1},
                        {Op::sub, least, 1},
                        {Op::mul, most, 2},
                        {Op::div, least, -1},
                        {Op::rem, least, -1},
                        {Op::cdiv, least, -1},
                        {Op::div, 1, 0},
                        {Op::rem, 1, 0},
                        {Op::cdiv, 1, 0}}) {
    try {
      value_of(c.op, c.a, c.b);
      ADD_FAILURE() << static_cast<int>(c.op);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::invalid_argument);
    }
  }
}

TEST(Expression, RefusesWhatIsMalformed) {
  const auto none = [](auto, auto) { return std::int64_t{0}; };
  for (const Expression& e : {Expression{}, Expression{{constant(1), op(Op::add)}},
                              Expression{{constant(1), constant(2)}}}) {
    EXPECT_THROW(evaluate(e, none, 1), Error);
    EXPECT_THROW(to_string(e, {}), Error);
  }
}

TEST(Expression, ReadsLikeAFormula) {
  const std::vector<std::string> names = {"x", "w"};
  EXPECT_EQ(to_string({{extent(0, 0), constant(4), op(Op::cdiv)}}, names), "cdiv(x.dim(0), 4)");
  EXPECT_EQ(to_string({{extent(0, 0), constant(4), op(Op::add), extent(1, 2), op(Op::mul)}}, names),
            "(x.dim(0) + 4) * w.dim(2)");
  EXPECT_EQ(to_string({{constant(1), constant(2), constant(3), op(Op::sub), op(Op::sub)}}, names),
            "1 - (2 - 3)");
  EXPECT_EQ(to_string({{constant(1), constant(2), op(Op::sub), constant(3), op(Op::sub)}}, names),
            "1 - 2 - 3");
  EXPECT_EQ(to_string({{extent(5, 0)}}, names), "argument5.dim(0)");
  EXPECT_EQ(to_string({{op(Op::multiprocessors), constant(2), op(Op::mul)}}, names),
            "multiprocessors() * 2");
  EXPECT_EQ(
      evaluate(
          {{op(Op::multiprocessors), constant(2), op(Op::mul)}}, [](auto, auto) { return 0; }, 132),
      264);
}

Bytes bytes_of(const LaunchRecord& record) {
  Writer w;
  write(w, record);
  return w.take();
}
LaunchRecord record_of(std::span<const std::byte> bytes) {
  Reader r(bytes, "launch record");
  LaunchRecord record = read_launch_record(r);
  r.finish();
  return record;
}

TEST(LaunchRecord, SurvivesBytes) {
  const LaunchRecord record = testing::sample_record();
  const LaunchRecord again = record_of(bytes_of(record));
  EXPECT_EQ(again.function, record.function);
  EXPECT_EQ(again.parameters, record.parameters);
  EXPECT_EQ(again.grid, record.grid);
  ASSERT_EQ(again.arguments.size(), record.arguments.size());
  EXPECT_EQ(again.arguments[1].name, "w");
  EXPECT_EQ(again.arguments[1].kind, ArgumentRecord::Kind::absent_tensor);
  ASSERT_EQ(again.requirements.size(), 1u);
  EXPECT_EQ(again.requirements[0].extent, record.requirements[0].extent);
  ASSERT_EQ(again.workspaces.size(), 1u);
  EXPECT_EQ(again.workspaces[0].argument, 3u);
  EXPECT_EQ(again.workspaces[0].extents, record.workspaces[0].extents);
  EXPECT_EQ(again.threads, 128u);
  EXPECT_EQ(again.dynamic_shared, 64u);
  EXPECT_EQ(bytes_of(again), bytes_of(record));
}

TEST(LaunchRecord, DamageIsRejectedOrGivesAnotherRecord) {
  const Bytes bytes = bytes_of(testing::sample_record());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(record_of(std::span(bytes).first(size)), Error);
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (unsigned flip = 1; flip < 256; ++flip) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(flip);
      try {
        // What is read is whole: it can be written, evaluated and printed.
        const LaunchRecord record = record_of(damaged);
        EXPECT_EQ(bytes_of(record), damaged);
        for (const Expression& axis : record.grid)
          if (!axis.nodes.empty()) {
            EXPECT_FALSE(to_string(axis, {}).empty());
            evaluate(
                axis, [](auto, auto) { return 5; }, 1);
          }
      } catch (const Error& e) {
        EXPECT_TRUE(e.code() == ErrorCode::corrupt_data || e.code() == ErrorCode::invalid_argument);
      }
    }
}

TEST(LaunchRecord, NamesOnlyWhatIsThere) {
  const auto rejected = [](auto&& damage) {
    LaunchRecord record = testing::sample_record();
    damage(record);
    EXPECT_THROW(record_of(bytes_of(record)), Error);
  };
  rejected([](LaunchRecord& r) { r.parameters[0].argument = 9; });
  rejected([](LaunchRecord& r) { r.parameters[1].dimension = 2; });
  rejected([](LaunchRecord& r) { r.parameters[0].source = KernelParameter::Source::scalar; });
  rejected([](LaunchRecord& r) { r.grid[0].nodes[0].argument = 9; });
  rejected([](LaunchRecord& r) { r.grid[0].nodes.pop_back(); });
  rejected([](LaunchRecord& r) { r.requirements[0].dimension = 9; });
  rejected([](LaunchRecord& r) { r.requirements[0].extent.nodes.clear(); });
  rejected([](LaunchRecord& r) { r.arguments[0].rank = 100; });
  rejected([](LaunchRecord& r) { r.arguments[1].rank = 1; });  // absent
  rejected([](LaunchRecord& r) { r.arguments[2].rank = 1; });  // a scalar
  rejected([](LaunchRecord& r) { r.workspaces[0].argument = 0; });
  rejected([](LaunchRecord& r) { r.workspaces[0].argument = 4; });
  rejected([](LaunchRecord& r) { r.workspaces[0].extents.pop_back(); });
  rejected([](LaunchRecord& r) { r.workspaces.clear(); });
  rejected([](LaunchRecord& r) { r.arguments[0].kind = ArgumentRecord::Kind::workspace; });
  // Its extents are not known before it is allocated.
  rejected([](LaunchRecord& r) { r.grid[0].nodes[0].argument = 3; });
  rejected([](LaunchRecord& r) { r.requirements[0].argument = 3; });
}

}  // namespace
}  // namespace tegula::format
