// Comparisons, masks, and tensors of i1.
#include <cmath>
#include <limits>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int op = 0;
  int bn = 64;
  int warps = 1;
};

Mask compare(int op, const Tile& a, const Tile& b) {
  switch (op) {
    case 0:
      return a == b;
    case 1:
      return a != b;
    case 2:
      return a < b;
    case 3:
      return a <= b;
    case 4:
      return a > b;
    default:
      return a >= b;
  }
}

template <class T>
bool compared(int op, T a, T b) {
  const bool results[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
  return results[op];
}

void compare_fwd(const Cfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  const Mask mask = compare(c.op, a.tiles({c.bn}).load({i}), b.tiles({c.bn}).load({i}));
  y.tiles({c.bn}).store(mask.to(i1), {i});
}
const auto compare_kernel = kernel("compare_fwd", compare_fwd, {"a", "b", "y"})
                                .field("op", &Cfg::op)
                                .field("bn", &Cfg::bn)
                                .field("warps", &Cfg::warps);

class Masks : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Masks, ::testing::ValuesIn(kernel_targets()), target_name);

TEST_P(Masks, ComparisonsOfFloats) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const double values[] = {nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0};
  for (const DType dtype : {f16, bf16, f32, f64})
    for (int op = 0; op < 6; ++op) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " op " + std::to_string(op));
      std::vector<double> a, b;
      std::vector<std::int64_t> wanted;
      for (const double x : values)
        for (const double y : values) {
          a.push_back(x), b.push_back(y);
          wanted.push_back(compared(op, x, y) ? 1 : 0);
        }
      const Tensor out = stream.empty(i1, {81});
      launch(compare_kernel, Cfg{.op = op}, floats(dtype, {81}, a), floats(dtype, {81}, b), out);
      expect_integers(out, wanted);
    }
}

TEST_P(Masks, ComparisonsOfIntegers) {
  const std::int64_t values[] = {0, 1, -1, 127, -128, 5, -5};
  for (const DType dtype : {i8, i16, i32, i64, u8, u16, u32, u64})
    for (int op = 0; op < 6; ++op) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " op " + std::to_string(op));
      std::vector<std::int64_t> a, b, wanted;
      for (const std::int64_t x : values)
        for (const std::int64_t y : values) {
          a.push_back(x), b.push_back(y);
          const std::int64_t p = wrapped(dtype, x), q = wrapped(dtype, y);
          const bool result = dtype == u64 ? compared(op, static_cast<std::uint64_t>(p),
                                                      static_cast<std::uint64_t>(q))
                                           : compared(op, p, q);
          wanted.push_back(result ? 1 : 0);
        }
      const Tensor out = stream.empty(i1, {49});
      launch(compare_kernel, Cfg{.op = op}, integers(dtype, {49}, a), integers(dtype, {49}, b),
             out);
      expect_integers(out, wanted);
    }
}

/// A mask loaded, combined in every way, and stored.
void logic_fwd(const Cfg& c, In a, In b, Out y) {
  auto [n] = dims1(a);
  auto [i] = grid({cdiv(n, c.bn)});
  const auto load = [&](const In& x) { return x.tiles({c.bn}).load({i}) != zeros(i1, {c.bn}); };
  Mask p = load(a), q = load(b), r = p & q;
  if (c.op == 1) r = p | q;
  if (c.op == 2) r = p ^ q;
  if (c.op == 3) r = !p;
  if (c.op == 4) r |= q, r &= !p;
  y.tiles({c.bn}).store(r.to(y.dtype()), {i});
}
const auto logic = kernel("logic_fwd", logic_fwd, {"a", "b", "y"})
                       .field("op", &Cfg::op)
                       .field("bn", &Cfg::bn)
                       .field("warps", &Cfg::warps);

TEST_P(Masks, LogicAndTensorsOfI1) {
  const auto a = random_integers(0, 1, 101, 1), b = random_integers(0, 1, 101, 2);
  for (int op = 0; op < 5; ++op)
    for (const DType dtype : {i1, i8, i32, u64}) {
      std::vector<std::int64_t> wanted;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const std::int64_t p = a[i], q = b[i];
        const std::int64_t results[] = {p & q, p | q, p ^ q, 1 - p, ((p & q) | q) & (1 - p)};
        wanted.push_back(results[op]);
      }
      const Tensor out = stream.empty(dtype, {101});
      launch(logic, Cfg{.op = op, .warps = 2}, integers(i1, {101}, a), integers(i1, {101}, b), out);
      expect_integers(out, wanted);
    }
}

/// A mask broadcast against tiles, and one carried round a loop.
void mask_shapes_fwd(const Cfg& c, In row, In x, Out y) {
  auto [m, n] = dims2(x);
  auto [i] = grid({cdiv(m, 8)});
  Mask keep = row.tiles({c.bn}).load({0}) != zeros(i1, {c.bn});
  for (auto j : range(0, 3)) keep = keep ^ (iota(c.bn) == j);
  Tile tile = x.tiles({8, c.bn}).load({i, 0});
  y.tiles({8, c.bn}).store(select(keep, tile, -1.0), {i, 0});
}
const auto mask_shapes = kernel("mask_shapes_fwd", mask_shapes_fwd, {"row", "x", "y"})
                             .field("op", &Cfg::op)
                             .field("bn", &Cfg::bn)
                             .field("warps", &Cfg::warps);

TEST_P(Masks, BroadcastAndCarried) {
  const auto row = random_integers(0, 1, 50);
  const auto x = random_floats(f32, 13 * 50);
  std::vector<double> wanted = x;
  for (std::size_t k = 0; k < wanted.size(); ++k)
    if (((row[k % 50] != 0) ^ (k % 50 < 3)) == 0) wanted[k] = -1;
  for (const int warps : {1, 4}) {
    const Tensor out = stream.empty(f32, {13, 50});
    launch(mask_shapes, Cfg{.warps = warps}, integers(i1, {50}, row), floats(f32, {13, 50}, x),
           out);
    expect_floats(out, wanted);
  }
}

/// The truth of a whole tile as one value, whatever it is made of: registers, lanes, warps.
void whole_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  const Mask mask = x.tiles({c.bn}).load({i}) > 0;
  y.scatter(select(any(mask, 0).squeeze(), 1, 0), {0});
  y.scatter(select(all(mask, 0).squeeze(), 1, 0), {1});
  y.scatter(sum(mask.to(i32), 0).squeeze(), {2});
}
const auto whole = kernel("whole_fwd", whole_fwd, {"x", "y"})
                       .field("op", &Cfg::op)
                       .field("bn", &Cfg::bn)
                       .field("warps", &Cfg::warps);

TEST_P(Masks, OfAWholeTileAsOneValue) {
  for (const int bn : {1, 16, 32, 64, 128, 1024})
    for (const int warps : {1, 2, 4, 8})
      for (const int set : {0, 1, bn - 1, bn}) {
        SCOPED_TRACE(std::to_string(bn) + " with " + std::to_string(warps) + " warps, " +
                     std::to_string(set) + " set");
        if (assembles() && (bn != 128 || set != 1)) continue;
        std::vector<std::int64_t> x(static_cast<std::size_t>(bn), 0);
        std::fill(x.end() - set, x.end(), 1);
        const Tensor out = stream.empty(i32, {3});
        launch(whole, Cfg{.bn = bn, .warps = warps}, integers(i32, {bn}, x), out);
        expect_integers(out, {set > 0, set == bn, set});
      }
}

/// A mask that masks a gather along the columns and chooses rows: it is exchanged between warps,
/// a byte for each element.
void two_ways_fwd(const Cfg& c, In a, In memory, Out y) {
  auto [i] = grid({1});
  const Mask mask = a.tiles({c.bn}).load({i}) == 0;
  const Tile row = memory.gather({iota(c.bn)}, mask, 3);
  y.tiles({c.bn, c.bn}).store(select(mask.reshape({c.bn, 1}), 0, row), {0, 0});
}
const auto two_ways = kernel("two_ways_fwd", two_ways_fwd, {"a", "memory", "y"})
                          .field("op", &Cfg::op)
                          .field("bn", &Cfg::bn)
                          .field("warps", &Cfg::warps);

TEST_P(Masks, ReadAByteForEachElement) {
  for (const std::int64_t bn : {8, 16, 32, 64})
    for (const int warps : {1, 2, 4}) {
      SCOPED_TRACE(std::to_string(bn) + " with " + std::to_string(warps) + " warps");
      std::vector<std::int64_t> a, memory, wanted;
      for (std::int64_t k = 0; k < bn; ++k) a.push_back(k % 3), memory.push_back(100 + k);
      for (std::int64_t k = 0; k < bn; ++k)
        for (std::int64_t j = 0; j < bn; ++j)
          wanted.push_back(k % 3 == 0 ? 0 : j % 3 == 0 ? 100 + j : 3);
      const Tensor out = stream.empty(i32, {bn, bn});
      launch(two_ways, Cfg{.bn = static_cast<int>(bn), .warps = warps}, integers(i32, {bn}, a),
             integers(i32, {bn}, memory), out);
      expect_integers(out, wanted);
    }
}

}  // namespace
}  // namespace tegula::testing
