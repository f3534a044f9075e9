// Every mistake that the C++ compiler cannot see: the error names the author's line and says what
// to write instead.
#include "tests/dsl/helpers.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

/// Traces f(x, y, index) with x, y of (8, 64) f32 and bf16, index of (64) i32.
template <auto f>
void misuse(const NoConfig&, In x, Out y, In index) {
  auto [i] = grid({1});
  (void)i;
  f(x, y, index);
}
template <auto f>
Error error_in() {
  const auto k = kernel("k", misuse<f>, {"x", "y", "index"});
  const Error error = error_of([&] {
    trace(k, {tensor(f32, {8, 64}), tensor(bf16, {8, 64}), tensor(i32, {64})});
  });
  EXPECT_EQ(Tile().tracer(), nullptr) << "the tracer is left behind";
  return error;
}
void expect(const Error& error, int line, const std::string& message,
            ErrorCode code = ErrorCode::kernel) {
  EXPECT_EQ(error.code(), code);
  EXPECT_THAT(error.details().where, HasSubstr("misuse_test.cpp" + at_line(line)));
  EXPECT_THAT(std::string(error.what()), HasSubstr(message));
}
// clang-format off
#define BODY(...) error_in<[]([[maybe_unused]] In x, [[maybe_unused]] Out y, [[maybe_unused]] In index) { \
    [[maybe_unused]] auto t = x.tiles({8, 64}).load({0, 0}); __VA_ARGS__ }>()

TEST(Misuse, MixedDtypes) {
  expect(BODY(auto u = t + t.to(bf16); (void)u;), __LINE__, "operator+ has operands of two dtypes (got f32 and bf16); convert one of them, as in .to(bf16)");
}
TEST(Misuse, ShapesThatDoNotBroadcast) {
  expect(BODY(auto u = t * x.tiles({8, 32}).load({0, 0}); (void)u;), __LINE__, "operator* has operands whose shapes do not broadcast (got 8x64 and 8x32; wanted equal extents, or 1, in dimension -1)");
}
TEST(Misuse, FractionBesideIntegers) {
  expect(BODY(auto u = index.tiles({64}).load({0}) * 0.5; (void)u;), __LINE__, "a literal with a fraction beside an integer tile (got 0.5; wanted a whole number for i32); convert the tile with .to(f32)");
}
TEST(Misuse, LiteralOutOfRange) {
  expect(BODY(auto u = index.tiles({64}).load({0}) + 3000000000; (void)u;), __LINE__, "a literal is out of range for i32 (got 3000000000)");
}
TEST(Misuse, IntegerOpOnFloats) {
  expect(BODY(auto u = t % 2; (void)u;), __LINE__, "operator% does not take this dtype (got f32; wanted integers)");
  expect(BODY(auto u = sqrt(index.tiles({64}).load({0})); (void)u;), __LINE__, "sqrt does not take this dtype (got i32; wanted floats of 16 bits or more)");
}
TEST(Misuse, IntegerDivisionByZero) {
  expect(BODY(auto u = x.dim(0) / 0; (void)u;), __LINE__, "divides integers by zero");
  expect(BODY(auto u = index.tiles({64}).load({0}) % 0; (void)u;), __LINE__, "operator% divides integers by zero");
}
TEST(Misuse, HostNumbersAlone) {
  expect(BODY(auto u = min(1, 2); (void)u; (void)t;), __LINE__, "min has no tile among its operands");
}
TEST(Misuse, Uninitialised) {
  expect(BODY(Tile u; auto v = u + 1; (void)v;), __LINE__, "a tile is used that has no value yet; give it one where it is declared");
}
TEST(Misuse, TileExtents) {
  expect(BODY(auto u = zeros(f32, {48}); (void)u;), __LINE__, "a tile's extents are powers of two (got 48)");
  expect(BODY(auto u = zeros(f32, {2048, 1024}); (void)u;), __LINE__, "a tile has too many elements (got 2048x1024; wanted at most 1048576)");
}
TEST(Misuse, Reshape) {
  expect(BODY(auto u = t.reshape({8, 32}); (void)u;), __LINE__, "reshape changes the number of elements (got 8x64 to 8x32)");
  expect(BODY(auto u = t.expand({8}); (void)u;), __LINE__, "do not broadcast");
  expect(BODY(auto u = t.expand({64}); (void)u;), __LINE__, "expand cannot shrink a tile (got 8x64 to 64)");
}
TEST(Misuse, AxisOutOfRange) {
  expect(BODY(auto u = sum(t, 2); (void)u;), __LINE__, "the axis of sum is out of range (got 2; wanted -2 to 1)");
  expect(BODY(auto u = x.dim(2); (void)u;), __LINE__, "the dimension is out of range");
}
TEST(Misuse, ConversionToI1) {
  expect(BODY(auto u = t.to(i1); (void)u;), __LINE__, "a tile does not convert to i1 (got f32); compare it, as in `t != 0`");
}
TEST(Misuse, ViewOfAnotherRank) {
  expect(BODY(auto u = x.tiles({64}); (void)u;), __LINE__, "x: the tiles are not of the tensor's rank (got 64, of rank 1; wanted rank 2)");
}
TEST(Misuse, Coordinates) {
  expect(BODY(auto u = x.tiles({8, 64}).load({0}); (void)u;), __LINE__, "x: the tile coordinates do not match the view's rank (got 1; wanted 2)");
  expect(BODY(auto u = x.tiles({8, 64}).load({0, x.dim(0).to(i64)}); (void)u;), __LINE__, "a tile coordinate is no i32 scalar (got i64; wanted i32); convert it with .to(i32)");
  expect(BODY(auto u = x.tiles({8, 64}).load({0, t}); (void)u;), __LINE__, "a tile coordinate is no i32 scalar (got tile<8x64xf32>; wanted i32)");
}
TEST(Misuse, Direction) {
  expect(BODY(auto u = y.tiles({8, 64}).load({0, 0}); (void)u;), __LINE__, "y: a load from an Out tensor; declare the parameter as InOut, if you do not mean one that is: x, index");
  expect(BODY(x.tiles({8, 64}).store(t, {0, 0});), __LINE__, "x: a store to an In tensor; declare the parameter as Out or InOut, if you do not mean one that is: y");
}
TEST(Misuse, StoreOfAnotherType) {
  expect(BODY(y.tiles({8, 64}).store(t, {0, 0});), __LINE__, "y: the tile is not of the tensor's dtype (got tile<8x64xf32>; wanted bf16); convert it with .to(y.dtype())");
  expect(BODY(y.tiles({8, 1}).store(t.to(bf16), {0, 0});), __LINE__, "y: the tile has not the shape of the view's tiles (got 8x64; wanted 8x1, or what broadcasts to it); cut the tensor into the tile's shape: y.tiles({8, 64})");
  expect(BODY(y.tiles({64, 8}).store(t.to(bf16), {0, 0});), __LINE__, "(got 8x64; wanted 64x8, or what broadcasts to it); transpose the tile with .T()");
  expect(BODY(index.tiles({64}).store(t, {0});), __LINE__, "index: a store to an In tensor");
  expect(BODY(y.tiles({8, 64}).store(t.to(bf16).reshape({512}), {0, 0});), __LINE__, "(got 512; wanted 8x64, or what broadcasts to it); give the tile the view's shape: .reshape({8, 64})");
  expect(BODY(y.tiles({8, 64}).store(iota(16).to(bf16), {0, 0});), __LINE__, "y: the tile has not the shape of the view's tiles (got 16; wanted 8x64, or what broadcasts to it)");
}
TEST(Misuse, PadValue) {
  expect(BODY(auto u = index.tiles({64}).pad(0.5); (void)u;), __LINE__, "index: the tensor's dtype cannot hold the pad value (got 0.5; wanted a value of i32)");
}
TEST(Misuse, StaticDimOfADynamicOne) {
  expect(BODY(auto u = x.static_dim(1); (void)u;), __LINE__, "x: dimension 1 is not known while tracing; declare it with .specialise_dim(\"x\", 1)");
}
TEST(Misuse, WrongRankIsTheCallersFault) {
  expect(BODY(auto u = dims3(x); (void)u;), __LINE__, "k: x: the tensor has the wrong rank (got 2; wanted 3)", ErrorCode::invalid_argument);
  expect(BODY(require(index, {1, 1});), __LINE__, "k: index: the tensor has the wrong rank (got 1; wanted 2); of rank 2 is what the call gives as x, y: are its arguments in order?", ErrorCode::invalid_argument);
}
TEST(Misuse, GridTwiceOrInALoop) {
  expect(BODY(auto u = grid({2}); (void)u;), __LINE__, "the grid is stated twice");
  expect(BODY(for (auto j : range(0, 2)) require(index, {j});), __LINE__, "require is called inside a traced loop");
}
TEST(Misuse, RequirementOnMoreThanExtents) {
  expect(BODY(require(index, {iota(64).reshape({64}).dtype() == i32 ? index.tiles({1}).load({0}).squeeze() : x.dim(0)});), __LINE__, "grid, require and workspace may depend on extents and constants alone (got reshape;");
}
TEST(Misuse, Workspaces) {
  expect(BODY(for (auto j : range(0, 2)) { auto w = workspace(f32, {4}); (void)w, (void)j; }), __LINE__, "workspace is called inside a traced loop");
  expect(BODY(auto w = workspace(f32, {4, -1}); (void)w;), __LINE__, "an extent of a workspace is negative (got -1)");
  expect(BODY(auto w = workspace(f32, {1, 1, 1, 1, 1, 1, 1, 1, 1}); (void)w;), __LINE__, "a workspace has too many dimensions (got 9; wanted at most 8)");
  expect(BODY(auto w = workspace(f32, {t}); (void)w;), __LINE__, "an extent of a workspace is no i32 scalar (got tile<8x64xf32>");
  expect(BODY(auto w = workspace(f32, {4}); require(w, {4});), __LINE__, "workspace_0: require is called with a workspace");
  expect(BODY(auto w = workspace(f32, {4}); w.tiles({2}).store(1, {0, 0});), __LINE__, "workspace_0: the tile coordinates do not match the view's rank");
  expect(BODY(auto w = workspace(f32, {index.tiles({1}).load({0}).squeeze()}); (void)w;), __LINE__, "grid, require and workspace may depend on extents and constants alone (got reshape;");
}
TEST(Misuse, ABoundThatIsNoScalar) {
  expect(BODY(for (auto j : range(0, t)) (void)j;), __LINE__, "a bound of range is no i32 scalar (got tile<8x64xf32>");
}
TEST(Misuse, LeavingALoop) {
  expect(BODY(for (auto j : range(0, x.dim(0))) { t += j.to(f32); if (x.rank() == 2) break; }), __LINE__, "a traced loop was left by break or return; its body runs once");
  expect(BODY(for (auto j : range(0, x.dim(0))) { t += j.to(f32); if (x.rank() == 2) return; }), __LINE__, "a traced loop was left by break or return");
}
TEST(Misuse, LeavingALoopByAnException) {
  expect(BODY(try { for (auto j : range(0, x.dim(0))) { t += j.to(f32); throw 1; } } catch (int) {}), __LINE__, "a traced loop was left by an exception");
}
TEST(Misuse, ATypeThatChangesInALoop) {
  expect(BODY(for (auto j : range(0, x.dim(0))) { (void)j; t = t.to(f16); }), __LINE__, "a tile changes its type inside the loop at line " + std::to_string(__LINE__) + ", which carries it (got tile<8x64xf16>; wanted tile<8x64xf32>)");
}
TEST(Misuse, AValueThatLeavesALoop) {
  expect(BODY(Tile last; for (auto j : range(0, x.dim(0))) last = t + j.to(f32); auto u = last + 1; (void)u;), __LINE__, "a value made inside a traced loop is used after it; give the tile a value before the loop");
}
TEST(Misuse, AVectorThatGrowsInALoop) {
  expect(BODY(std::vector<Tile> v(1, t); for (auto j : range(0, x.dim(0))) { v[0] += j.to(f32); v.push_back(t); }), __LINE__, "a tile from before the loop was destroyed inside it");
}
TEST(Misuse, ARangeUsedTwice) {
  expect(BODY(auto&& r = range(0, 2); for (auto j : r) t += j.to(f32); for (auto j : r) t += j.to(f32);), __LINE__, "a range is used by two loops");
}
// clang-format on

TEST(Misuse, OutsideAKernel) {
  const Error error = error_of([] { (void)zeros(f32, {64}); });
  expect(error, __LINE__ - 1, "tiles exist only while a kernel is traced");
}

/// A store in so many branches in each other.
void nest(const Tile& t, int levels, Out y) {
  if (levels == 0) return y.scatter(1, {0, 0});
  if_(t > 0, [&] { nest(t, levels - 1, y); });
}
TEST(Misuse, NestedTooDeep) {
  const int line = __LINE__ - 3;
  const Error error = error_in<[](In, Out y, In index) { nest(index.gather({0}), 65, y); }>();
  expect(error, line,
         "loops, branches and combinations are nested too deep (wanted at most 64 in each other); "
         "a function that opens one and calls itself");
  const auto most =
      kernel("most", misuse<[](In, Out y, In index) { nest(index.gather({0}), 64, y); }>,
             {"x", "y", "index"});
  trace(most, {tensor(f32, {8, 64}), tensor(bf16, {8, 64}), tensor(i32, {64})});
}

Tile kept;
TEST(Misuse, ATileKeptFromAnotherTrace) {
  const auto keep = kernel("keep", misuse<[](In x, Out, In) { kept = x.dim(0); }>, {"a", "b", "c"});
  trace(keep, {tensor(f32, {8, 64}), tensor(bf16, {8, 64}), tensor(i32, {64})});
  const int line = __LINE__ + 1;
  const Error error = error_in<[](In, Out, In) { (void)(kept + 1); }>();
  expect(error, line, "a tile of another trace is used");
}

void no_grid(const NoConfig&, In) {}
TEST(Misuse, NoGrid) {
  const auto k = kernel("no_grid", no_grid, {"x"});
  const Error error = error_of([&] { trace(k, {tensor(f32, {8})}); });
  EXPECT_THAT(std::string(error.what()), HasSubstr("no_grid: error: the kernel states no grid"));
}

void data_grid(const NoConfig&, In x) {
  auto n = x.tiles({1}).load({0}).squeeze().to(i32);
  auto [i] = grid({n});
  (void)i;
}
TEST(Misuse, AGridThatDependsOnData) {
  const auto k = kernel("data_grid", data_grid, {"x"});
  const Error error = error_of([&] { trace(k, {tensor(f32, {8})}); });
  expect(error, __LINE__ - 7,
         "grid, require and workspace may depend on extents and constants alone");
}

void optional(const NoConfig&, In x, OptIn bias) {
  auto [i] = grid({x.dim(0)});
  (void)i;
  (void)bias.tiles({64});
}
TEST(Misuse, AnAbsentTensorIsUsed) {
  const auto k = kernel("optional", optional, {"x", "bias"});
  trace(k, {tensor(f32, {8}), tensor(f32, {8})});
  const Error error = error_of([&] { trace(k, {tensor(f32, {8}), absent()}); });
  expect(error, __LINE__ - 6,
         "bias: an optional tensor is used that the caller left out; guard it with `if (bias)`");
}

}  // namespace
}  // namespace tegula::testing
