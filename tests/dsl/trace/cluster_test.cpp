// Clusters while tracing: what is recorded, and what is refused at the author's line.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using program::Op;
using program::Program;
using ::testing::HasSubstr;

struct Cfg {
  int cluster = 4;
};
template <class... P>
auto define(void (*f)(const Cfg&, P...), const char* const (&names)[sizeof...(P)]) {
  return kernel("k", f, names).field("cluster", &Cfg::cluster);
}

void summed(const Cfg& c, In x, Out y) {
  auto [block, part] = cluster_grid({x.dim(0)}, c.cluster);
  auto v = x.tiles({1, 64}).load({block, part});
  y.tiles({1, 1}).store(cluster_sum(sum(v, 1)), {block, part});
}
const auto summed_kernel = define(summed, {"x", "y"});

TEST(ClusterTrace, StandsInTheProgram) {
  const Program program =
      trace(summed_kernel, {tensor(f32, {8, 256}), tensor(f32, {8, 4})}, Cfg{.cluster = 4});
  EXPECT_EQ(program.cluster, 4u);
  EXPECT_EQ(program.grid.size(), 2u);
  const std::string text = program::to_text(program);
  EXPECT_THAT(text, HasSubstr(" cluster 4\n"));
  EXPECT_THAT(text, HasSubstr("cluster_reduce sum %"));
  EXPECT_EQ(content_hash(program::deserialise(serialise(program))), content_hash(program));
  Program other = program;
  other.cluster = 2;
  EXPECT_NE(content_hash(other), content_hash(program));
}

TEST(ClusterTrace, OfOneBlockIsAnOrdinaryGrid) {
  const Program program =
      trace(summed_kernel, {tensor(f32, {8, 64}), tensor(f32, {8, 1})}, Cfg{.cluster = 1});
  EXPECT_EQ(program.cluster, 1u);
  EXPECT_EQ(program.grid.size(), 1u);
  EXPECT_THAT(program::to_text(program), ::testing::Not(::testing::AnyOf(
                                             HasSubstr("] cluster"), HasSubstr("cluster_reduce"))));
}

//===--- Verification -------------------------------------------------------------------------===//

TEST(ClusterVerify, Damage) {
  const Program good =
      trace(summed_kernel, {tensor(f32, {8, 256}), tensor(f32, {8, 4})}, Cfg{.cluster = 4});
  const auto find = [](Program& p, Op op) -> program::Instruction& {
    for (program::Instruction& i : p.body.body)
      if (i.op == op) return i;
    throw std::logic_error("the sample has no such instruction");
  };
  const auto expect_problem = [&](const char* message, auto&& change) {
    Program bad = good;
    change(bad);
    const Error error = error_of([&] { verify(bad); });
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(std::string(error.what()), HasSubstr(message));
  };
  expect_problem("a cluster's size is no power of two from 1 to 8",
                 [](Program& p) { p.cluster = 16; });
  expect_problem("a cluster's size is no power of two from 1 to 8",
                 [](Program& p) { p.cluster = 0; });
  expect_problem("the grid's last extent is not the cluster's size",
                 [](Program& p) { p.cluster = 8; });
  expect_problem("the blocks are no clusters", [](Program& p) { p.cluster = 1; });
  expect_problem("an unknown reduction",
                 [&](Program& p) { find(p, Op::cluster_reduce).attributes[0] = 3; });
  expect_problem("the result is not of the tile's type",
                 [&](Program& p) { p.types[find(p, Op::cluster_reduce).results[0]].shape = {1}; });
  expect_problem("it does not take this dtype", [&](Program& p) {
    for (program::Type& type : p.types)
      if (type.dtype == f32) type.dtype = f16;
    for (program::Parameter& parameter : p.parameters) parameter.dtype = f16;
  });
}

//===--- Misuse -------------------------------------------------------------------------------===//

struct Given {
  In x;        ///< (8, 64) f32
  In offsets;  ///< (9) i32
  Tile block, part, v;
};
template <auto f>
void misuse(const Cfg& c, In x, In offsets, Out y) {
  auto [block, part] = cluster_grid({x.dim(0)}, c.cluster);
  auto v = x.tiles({1, 64}).load({block, part});
  f(Given{x, offsets, block, part, v});
  y.tiles({1, 64}).store(v, {block, part});
}
template <auto f>
Error error_in() {
  const auto k = define(misuse<f>, {"x", "offsets", "y"});
  return error_of([&] {
    trace(k, {tensor(f32, {8, 64}), tensor(i32, {9}), tensor(f32, {8, 64})});
  });
}
void expect(const Error& error, int line, const std::string& message) {
  EXPECT_EQ(error.code(), ErrorCode::kernel);
  EXPECT_THAT(error.details().where, HasSubstr("cluster_test.cpp" + at_line(line)));
  EXPECT_THAT(std::string(error.what()), HasSubstr(message));
}
// clang-format off
#define BODY(...) error_in<[]([[maybe_unused]] Given g) { __VA_ARGS__ }>()
// What nobody uses would not be there.
#define SUM print("{}", cluster_sum(sum(g.v, 1)));

TEST(ClusterMisuse, InABranch) {
  expect(BODY(if_(g.part == 0, [&] { SUM });), __LINE__, "a collective of the cluster may wait for ever: it stands in a branch, which some blocks may not take (wanted a place that all blocks of the cluster come to equally often); compute the tile in the branch, and call cluster_sum");
}
TEST(ClusterMisuse, InAWhile) {
  expect(BODY(Tile n = g.part; while_([&] { return n > 0; }, [&] { n = n - 1; SUM });), __LINE__, "it stands in a while_, which some blocks may leave sooner");
}
TEST(ClusterMisuse, InALoopOfOtherTurns) {
  expect(BODY(for (auto j : range(0, g.part)) { (void)j; SUM }), __LINE__, "it stands in a loop whose bounds may differ from block to block");
  expect(BODY(for (auto j : range(g.offsets.gather({g.block}), 9)) { (void)j; SUM }), __LINE__, "it stands in a loop whose bounds may differ from block to block");
  expect(BODY(for (auto j : range(0, 4)) { if_(j > g.part, [&] { SUM }); }), __LINE__, "it stands in a branch");
}
TEST(ClusterMisuse, OfANarrowFloat) {
  expect(BODY((void)cluster_max(g.v.to(f16));), __LINE__, "cluster_max does not take this dtype (got f16; wanted f32, f64 and integers of 32 and 64 bits)");
}
// clang-format on

/// As many iterations in every block of a cluster.
void same_iterations(const Cfg& c, In x, Out y, I32 iterations) {
  auto [block, part] = cluster_grid({x.dim(0)}, c.cluster);
  auto v = x.tiles({1, 64}).load({block, part});
  for (auto i : range(block, min(x.dim(0), block + iterations)))
    for (auto j : range(0, i)) v += cluster_sum(sum(v, 1)) * j.to(f32);
  const Tile n = cluster_max(reduce_max(v, 1)).to(i32).reshape({}) % 3;
  for (auto j : range(0, n)) v += cluster_min(v) + j.to(f32);
  y.tiles({1, 64}).store(v, {block, part});
}

TEST(ClusterTrace, InLoopsOfTheSameTurns) {
  const auto k = define(same_iterations, {"x", "y", "iterations"});
  EXPECT_NO_THROW(trace(k, {tensor(f32, {8, 64}), tensor(f32, {8, 64}), 3}));
}

void no_size(const Cfg& c, In x) { (void)cluster_grid({x.dim(0)}, c.cluster); }
constexpr int no_size_line = __LINE__ - 1;

TEST(ClusterMisuse, NoSizeOfACluster) {
  const auto k = define(no_size, {"x"});
  for (const int cluster : {0, -1, 3, 16}) {
    const Error error = error_of([&] { trace(k, {tensor(f32, {8})}, Cfg{.cluster = cluster}); });
    expect(
        error, no_size_line,
        "this is no size of a cluster (got " + std::to_string(cluster) + "; wanted 1, 2, 4 or 8)");
  }
}

void too_early(const Cfg& c, In x) {
  (void)cluster_sum(full(f32, {4}, 1));
  (void)cluster_grid({x.dim(0)}, c.cluster);
}
constexpr int too_early_line = __LINE__ - 3;

TEST(ClusterMisuse, BeforeTheGrid) {
  const auto k = define(too_early, {"x"});
  expect(error_of([&] { trace(k, {tensor(f32, {8})}); }), too_early_line,
         "cluster_sum comes before the grid is stated; call cluster_grid first");
}

}  // namespace
}  // namespace tegula::testing
