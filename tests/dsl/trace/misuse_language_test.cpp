// Misuse of branches, loops, reductions, memory and messages: the error names the author's line and
// says what to write instead.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

struct Given {
  In x;         ///< (8, 64) f32
  Out y;        ///< (8, 64) bf16
  In index;     ///< (64) i32
  InOut count;  ///< (64) i32
  InOut half;   ///< (64) f16
  Tile t;       ///< a tile of x
  Tile k;       ///< a tile of index
};
template <auto f>
void misuse(const NoConfig&, In x, Out y, In index, InOut count, InOut half) {
  auto [i] = grid({1});
  auto t = x.tiles({8, 64}).load({i, 0});
  auto k = index.tiles({64}).load({i});
  f(Given{x, y, index, count, half, t, k});
}
template <auto f>
Error error_in() {
  const auto k = kernel("k", misuse<f>, {"x", "y", "index", "count", "half"});
  const Error error = error_of([&] {
    trace(k, {tensor(f32, {8, 64}), tensor(bf16, {8, 64}), tensor(i32, {64}), tensor(i32, {64}),
              tensor(f16, {64})});
  });
  EXPECT_EQ(Tile().tracer(), nullptr) << "the tracer is left behind";
  return error;
}
void expect(const Error& error, int line, const std::string& message) {
  EXPECT_EQ(error.code(), ErrorCode::kernel);
  EXPECT_THAT(error.details().where, HasSubstr("misuse_language_test.cpp" + at_line(line)));
  EXPECT_THAT(std::string(error.what()), HasSubstr(message));
}
// clang-format off
#define BODY(...) error_in<[]([[maybe_unused]] Given g) { __VA_ARGS__ }>()

TEST(MisuseBranch, AConditionThatIsNoScalar) {
  expect(BODY(if_(g.t > 0, [&] { g.t += 1; });), __LINE__, "the condition of an if_ is no scalar (got tile<8x64xi1>; wanted i1); a block goes one way: reduce the mask with any or all and .squeeze() it, or choose element by element with select");
  expect(BODY(while_([&] { return g.t > 0; }, [&] { g.t -= 1; });), __LINE__, "the condition of a while_ is no scalar");
}
TEST(MisuseBranch, TwoTypesAfterIt) {
  expect(BODY(if_(g.x.dim(0) > 4, [&] { g.t = g.t.to(f16); });), __LINE__, "a tile has two types after the if_ at line " + std::to_string(__LINE__) + " (got tile<8x64xf16> and tile<8x64xf32>); convert one of them");
}
TEST(MisuseBranch, AValueOfOneSideOnly) {
  expect(BODY(Tile v; if_(g.x.dim(0) > 4, [&] { v = g.t; }); auto u = v + 1; (void)u;), __LINE__, "a value made in one branch of an if_ alone is used after it; give the tile a value before the if_, or in both branches");
}
TEST(MisuseBranch, GridInside) {
  expect(BODY(if_(g.x.dim(0) > 4, [&] { require(g.index, {64}); });), __LINE__, "require is called inside a traced loop or branch");
}
TEST(MisuseBranch, LeftByAnException) {
  expect(BODY(try { if_(g.x.dim(0) > 4, [] { throw 1; }); } catch (int) {}), __LINE__, "an if_ was left by an exception; do not catch exceptions around it");
}
TEST(MisuseWhile, AConditionThatAssigns) {
  expect(BODY(Tile n = g.x.dim(0); while_([&] { n -= 1; return n > 0; }, [&] { g.t += 1; });), __LINE__, "the condition of a while_ assigns a tile; assign it before the loop and at the end of the body");
}
TEST(MisuseWhile, ATypeThatChanges) {
  expect(BODY(while_([&] { return g.x.dim(0) > 4; }, [&] { g.t = g.t.to(f64); });), __LINE__, "a tile changes its type inside the loop at line " + std::to_string(__LINE__));
}
TEST(MisuseLoop, ATileThatLosesItsValue) {
  expect(BODY(for (auto j : range(0, g.x.dim(0))) { g.t += j.to(f32); g.t = Tile(); } auto u = g.t + 1; (void)u;), __LINE__, "without a value");
}
TEST(MisuseHostState, ALoopThatCounts) {
  expect(BODY(int n = 0; for (auto j : range(0, g.x.dim(0))) g.t += j.to(f32) * ++n;), __LINE__, "tracing the code of a traced loop twice gave two different results; it runs while tracing, not in each iteration, and it changes host state: let a Tile count, or move the change out of it");
}
TEST(MisuseHostState, AFirstTurn) {
  expect(BODY(bool first = true; for (auto j : range(0, g.x.dim(0))) { if (first) g.t = g.t * 0 + j.to(f32); first = false; }), __LINE__, "twice gave two different results");
}
TEST(MisuseHostState, AnIfThatCounts) {
  expect(BODY(int n = 0; if_(g.x.dim(0) > 4, [&] { g.t += ++n; });), __LINE__, "tracing the code of an if_ twice");
}
TEST(MisuseHostState, AWhileThatCounts) {
  expect(BODY(int n = 0; while_([&] { return g.x.dim(0) > ++n; }, [&] { g.t += 1; });), __LINE__, "tracing the code of a traced loop twice");
}
TEST(MisuseHostState, ANestedLoopTellsItsOwnLine) {
  expect(BODY(int n = 0; for (auto j : range(0, 4)) { (void)j; for (auto l : range(0, 4)) g.t += l.to(f32) * ++n; }), __LINE__, "twice gave two different results");
}
TEST(MisuseReduce, Axis) {
  expect(BODY(auto u = reduce_max(g.t, 2); (void)u;), __LINE__, "the axis of reduce_max is out of range (got 2; wanted -2 to 1)");
  expect(BODY(auto u = cumsum(g.k, 1); (void)u;), __LINE__, "the axis of scan is out of range (got 1; wanted -1 to 0)");
}
TEST(MisuseReduce, ATileFromOutside) {
  expect(BODY(auto u = reduce(g.k, 0, [&](Tile a, Tile b) { return a + b + g.k; }); (void)u;), __LINE__, "a combination uses a tile from outside; it may use its two arguments and literals");
}
TEST(MisuseReduce, AnAssignmentToTheOutside) {
  expect(BODY(Tile last = g.k; auto u = reduce(g.k, 0, [&](Tile a, Tile b) { last = a; return a + b; }); (void)u;), __LINE__, "a combination assigns a tile from outside; return what it computes");
}
TEST(MisuseReduce, AnotherType) {
  expect(BODY(auto u = reduce(g.k, 0, [](Tile a, Tile b) { return (a + b).to(f32); }); (void)u;), __LINE__, "a combination gives another type than it takes (got f32; wanted i32)");
}
TEST(MisuseReduce, MoreThanArithmetic) {
  expect(BODY(auto u = reduce(g.k, 0, [&](Tile a, Tile) { return a + g.x.dim(0); }); (void)u;), __LINE__, "a combination does more than arithmetic on scalars (got dim)");
  expect(BODY(auto u = reduce(g.k, 0, [](Tile a, Tile b) { if_(a > b, [&] { a = b; }); return a; }); (void)u;), __LINE__, "a combination does more than arithmetic on scalars (got an if_)");
}
TEST(MisuseShape, Transpose) {
  expect(BODY(auto u = g.k.T(); (void)u;), __LINE__, ".T() transposes tiles of rank 2 (got 64); say which dimension goes where");
  expect(BODY(auto u = transpose(g.t, {0, 0}); (void)u;), __LINE__, "transpose wants each dimension once");
}
TEST(MisuseShape, JoinAndSplit) {
  expect(BODY(auto u = split(g.t); (void)u;), __LINE__, "split wants a last extent of 2 and one more dimension (got 8x64)");
  expect(BODY(auto u = join(g.t, g.k); (void)u;), __LINE__, "join has operands of two dtypes (got f32 and i32)");
  expect(BODY(auto u = join(g.x.dim(0), 1); (void)u;), __LINE__, "join has two scalars");
}
TEST(MisuseIndexed, Indices) {
  expect(BODY(auto u = g.x.gather({g.k}); (void)u;), __LINE__, "x: gather wants one index for each dimension (got 1; wanted 2)");
  expect(BODY(auto u = g.x.gather({g.k, g.k.to(f32)}); (void)u;), __LINE__, "x: an index is no i32 or i64 (got tile<64xf32>; wanted i32 or i64)");
  expect(BODY(auto u = g.x.gather({g.k, iota(32)}); (void)u;), __LINE__, "gather has operands whose shapes do not broadcast");
}
TEST(MisuseIndexed, Direction) {
  expect(BODY(auto u = g.y.gather({g.k, 0}); (void)u;), __LINE__, "y: gather reads an Out tensor; declare the parameter as InOut");
  expect(BODY(g.x.scatter(1, {g.k, 0});), __LINE__, "x: scatter writes an In tensor; declare the parameter as Out or InOut");
  expect(BODY(g.y.atomic_add(1, {g.k, 0});), __LINE__, "y: atomic_add reads and writes; declare the parameter as InOut");
}
TEST(MisuseIndexed, Values) {
  expect(BODY(g.count.scatter(g.k.to(f32), {g.k});), __LINE__, "count: the tile is not of the tensor's dtype (got tile<64xf32>; wanted i32)");
  expect(BODY(g.half.atomic_max(1, {g.k});), __LINE__, "half: atomic_max does not take this dtype (got f16; wanted integers of 32 and 64 bits)");
}
TEST(MisuseNarrow, Twice) {
  expect(BODY(auto u = g.x.narrow(0, 1, 2).narrow(-2, 0, 1); (void)u;), __LINE__, "x: dimension 0 is narrowed twice; add the starts, and narrow once");
}
TEST(MisuseNarrow, BoundsThatAreNoScalars) {
  expect(BODY(auto u = g.x.narrow(0, g.k, 2); (void)u;), __LINE__, "the start of narrow is no i32 scalar (got tile<64xi32>; wanted i32)");
}
TEST(MisuseMath, Dtypes) {
  expect(BODY(auto u = exp(g.k); (void)u;), __LINE__, "exp does not take this dtype (got i32; wanted floats of 16 bits or more)");
  expect(BODY(auto u = sigmoid(g.k); (void)u;), __LINE__, "sigmoid does not take this dtype (got i32");
  expect(BODY(auto u = umulhi(g.k, 3); (void)u;), __LINE__, "umulhi does not take this dtype (got i32; wanted u32, u64)");
  expect(BODY(auto u = g.t << 1; (void)u;), __LINE__, "operator<< does not take this dtype (got f32; wanted integers)");
}
TEST(MisuseMath, MasksHaveNoOrder) {
  expect(BODY(auto u = zeros(i1, {64}) < zeros(i1, {64}); (void)u;), __LINE__, "operator< has no meaning for i1; compare with == or !=");
}
TEST(MisuseShape, Full) {
  expect(BODY(auto u = full(f32, {64}, g.k); (void)u;), __LINE__, "full wants a scalar of its dtype (got tile<64xi32>; wanted f32); convert it with .to(...), or grow a tile with .expand({...})");
}
TEST(MisuseMessage, Braces) {
  expect(BODY(print("{} and {}", g.t);), __LINE__, "print has not one {} for each value (got 2 {} and 1 values)");
  expect(BODY(print("{} {} {} {} {}", g.t, g.t, g.t, g.t, g.t);), __LINE__, "print takes too many values (got 5; wanted at most 4); use two prints");
  expect(BODY(print("{:d}", g.t);), __LINE__, "a brace stands alone in a message (got {:d})");
}
TEST(MisusePhilox, WordsOfAnotherDtype) {
  expect(BODY(auto u = philox4x32(1, 2, g.k, 0, 0, 0); (void)u;), __LINE__, "philox4x32 wants u32 words (got i32; wanted u32); convert it with .to(u32)");
  expect(BODY(auto u = philox4x32(1, 2, g.k.to(u32), 0, 0, 0, 0); (void)u;), __LINE__, "philox4x32 wants 1 to 16 rounds (got 0)");
}
// clang-format on

/// Helpers are plain functions: an error in one names the helper's own line.
Tile helper(const Tile& a, const Tile& b) { return a * b; }
constexpr int helper_line = __LINE__ - 1;
TEST(MisuseHelper, TheLineOfTheOperation) {
  const Error error = error_in<[](Given g) { (void)helper(g.t, g.k); }>();
  expect(error, helper_line, "operator* has operands of two dtypes");
}

/// One that takes a location passes it on: an error names the caller's line.
Tile checked_helper(const Tile& a, std::source_location at = std::source_location::current()) {
  return sum(a, 5, at);
}
TEST(MisuseHelper, TheCallersLine) {
  const int line = __LINE__ + 1;
  const Error error = error_in<[](Given g) { (void)checked_helper(g.t); }>();
  expect(error, line, "the axis of sum is out of range");
}

}  // namespace
}  // namespace tegula::testing
