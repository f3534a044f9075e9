// Loads of loops that are copied ahead to shared memory: every number of iterations, ragged tails
// and strides, several loads, nested loops, tiles of every element type; bytes and barriers
// counted.
#include <limits>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bm = 1, bn = 512;
  int warps = 2;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bm", &Cfg::bm).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

class Prefetch : public KernelTest {
 protected:
  Tensor numbers(DType dtype, const Dims& shape, const std::vector<std::int64_t>& values) {
    if (!is_float(dtype)) return integers(dtype, shape, values);
    return floats(dtype, shape, {values.begin(), values.end()});
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Prefetch, ::testing::ValuesIn(kernel_targets()), target_name);

/// Each row's tiles one on the other, from tile `lower` up to `upper`; the columns beyond the end
/// are 7, or true. Sums are exact: they stay small integers.
void pile_fwd(const Cfg& c, In x, Out y, I32 lower, I32 upper) {
  auto [rows, n] = dims2(x);
  auto [r] = grid({cdiv(rows, c.bm)});
  Tile total = zeros(i64, {c.bm, c.bn});
  for (auto j : range(lower, upper)) {
    Tile t = x.tiles({c.bm, c.bn}).pad(x.dtype() == DType::i1 ? 1 : 7).load({r, j});
    total += (is_float(x.dtype()) && x.dtype() != f32 ? t.to(f32) : t).to(i64);
  }
  y.tiles({c.bm, c.bn}).store(total, {r, 0});
}
const auto pile = with_fields(kernel("pile_fwd", pile_fwd, {"x", "y", "lower", "upper"}));
const auto pile_constant =
    with_fields(kernel("pile_fwd", pile_fwd, {"x", "y", "lower", "upper"}).specialise_dim("x", 1));

std::vector<std::int64_t> piled(const std::vector<std::int64_t>& x, std::int64_t rows,
                                std::int64_t n, const Cfg& c, int lower, int upper,
                                std::int64_t pad = 7) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(rows * c.bn), 0);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < c.bn; ++k)
      for (int j = lower; j < upper; ++j) {
        const std::int64_t column = j * c.bn + k;
        sums[static_cast<std::size_t>(r * c.bn + k)] +=
            column >= 0 && column < n ? x[static_cast<std::size_t>(r * n + column)] : pad;
      }
  return sums;
}

// Four iterations ahead is the most: iterations of none to more than a round of the slots, from any
// tile on, also ones outside the tensor.
TEST_P(Prefetch, EveryNumberOfTurns) {
  for (const Cfg c : {Cfg{1, 512, 2}, Cfg{2, 256, 4}})
    for (const std::int64_t n : {12 * c.bn, 11 * c.bn + 4, 11 * c.bn + 3}) {
      const std::int64_t rows = 3;
      const auto x = random_integers(-100, 100, rows * n);
      const Tensor in = integers(i32, {rows, n}, x);
      for (const auto& [lower, upper] :
           {std::pair{0, 0}, {5, 3}, {0, 1}, {0, 2}, {0, 3}, {3, 7}, {0, 5}, {2, 12}, {-1, 13}}) {
        if (assembles() && upper != 12) continue;  // they are all one kernel
        SCOPED_TRACE(std::to_string(n) + " " + std::to_string(lower) + " to " +
                     std::to_string(upper));
        const auto wanted = piled(x, rows, n, c, lower, upper);
        const Tensor out = stream.empty(i64, {rows, c.bn}), same = stream.empty(i64, {rows, c.bn});
        launch(pile, c, in, out, lower, upper);
        expect_integers(out, wanted);
        launch(pile_constant, c, in, same, lower, upper);
        expect_integers(same, wanted);
      }
    }
}

TEST_P(Prefetch, BoundsAtTheEndsOfTheirRange) {
  const Cfg c;
  const auto x = random_integers(-100, 100, 3 * c.bn);
  const Tensor in = integers(i32, {1, 3 * c.bn}, x);
  constexpr int most = std::numeric_limits<int>::max(), least = std::numeric_limits<int>::min();
  for (const auto& [lower, upper] :
       {std::pair{most - 2, most}, {most, least}, {most, most}, {least, least + 3}}) {
    const std::int64_t iterations = lower < upper ? std::int64_t{upper} - lower : 0;
    const Tensor out = stream.empty(i64, {1, c.bn});
    launch(pile, c, in, out, lower, upper);
    expect_integers(out, std::vector<std::int64_t>(static_cast<std::size_t>(c.bn), 7 * iterations));
  }
}

// Pieces of 16, 8 and 4 bytes, and those of 1 and 2 that stay loads; the padding is not 0.
TEST_P(Prefetch, EveryElementType) {
  for (const DType dtype : {DType::i1, i8, u8, i16, f16, bf16, i32, f32, i64, f64}) {
    const Cfg c{.bm = 2, .bn = 256, .warps = 2};
    for (const std::int64_t n : {std::int64_t{1536}, std::int64_t{1400}, std::int64_t{1301}}) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " " + std::to_string(n));
      const std::int64_t rows = 3;
      const bool truth = dtype == DType::i1;
      const auto x = random_integers(is_unsigned_integer(dtype) || truth ? 0 : -100,
                                     truth ? 1 : 100, rows * n);
      const Tensor out = stream.empty(i64, {rows, c.bn});
      launch(pile_constant, c, numbers(dtype, {rows, n}, x), out, 0, 6);
      expect_integers(out, piled(x, rows, n, c, 0, 6, truth ? 1 : 7));
    }
  }
}

/// Two passes over rows of several tensors, a row at a time, as a norm makes them: the second pass
/// stores. `w` is every row's.
void two_pass_fwd(const Cfg& c, In x, In residual, In w, Out y) {
  auto [rows, n] = dims2(x);
  require(residual, {rows, n}), require(w, {n}), require(y, {rows, n});
  auto [r] = grid({cdiv(rows, c.bm)});
  const auto load = [&](const Tile& j) {
    return x.tiles({c.bm, c.bn}).load({r, j}).to(f32) +
           residual.tiles({c.bm, c.bn}).load({r, j}).to(f32);
  };
  Tile sums = zeros(f32, {c.bm, c.bn});
  for (auto j : range(0, cdiv(n, c.bn))) sums += load(j);
  Tile total = sum(sums, 1);
  for (auto j : range(0, cdiv(n, c.bn))) {
    Tile value = load(j) * w.tiles({c.bn}).load({j}).to(f32) + total;
    y.tiles({c.bm, c.bn}).store(value.to(y.dtype()), {r, j});
  }
}
const auto two_pass = with_fields(
    kernel("two_pass_fwd", two_pass_fwd, {"x", "residual", "w", "y"}).specialise_dim("x", 1));

struct Sums {
  std::vector<double> x, residual, w, y;
};
Sums two_passes(std::int64_t rows, std::int64_t n) {
  const auto whole = [](const std::vector<std::int64_t>& v) {
    return std::vector<double>(v.begin(), v.end());
  };
  Sums s{whole(random_integers(-4, 4, rows * n, 1)),
         whole(random_integers(-4, 4, rows * n, 2)),
         whole(random_integers(-2, 2, n, 3)),
         {}};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto at = [&](std::int64_t k) {
      const auto i = static_cast<std::size_t>(r * n + k);
      return s.x[i] + s.residual[i];
    };
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += at(k);
    for (std::int64_t k = 0; k < n; ++k)
      s.y.push_back(at(k) * s.w[static_cast<std::size_t>(k)] + total);
  }
  return s;
}

TEST_P(Prefetch, SeveralLoadsAndLoopsOneAfterTheOther) {
  for (const auto& [n, c] : {std::pair{std::int64_t{8 * 512}, Cfg{1, 512, 2}},
                             {std::int64_t{5 * 512 + 8}, Cfg{1, 512, 2}},
                             {std::int64_t{5 * 256 + 1}, Cfg{4, 256, 4}}})
    for (const std::uint64_t seed : {0, 1, 2}) {
      const std::int64_t rows = 5;
      const Sums s = two_passes(rows, n);
      device->options().seed = seed;
      device->reset_statistics();
      const Tensor out = stream.empty(f32, {rows, n});
      launch(two_pass, c, floats(bf16, {rows, n}, s.x), floats(f32, {rows, n}, s.residual),
             floats(bf16, {n}, s.w), out);
      expect_floats(out, s.y);
      if (!simulates()) break;
      // Each pass asks for every byte once, and nobody waits for other threads' copies.
      const auto& arguments = device->counters().arguments;
      const auto bytes = static_cast<std::uint64_t>(rows * n);
      EXPECT_EQ(arguments.at("x").load_bytes, 2 * 2 * bytes);
      EXPECT_EQ(arguments.at("residual").load_bytes, 2 * 4 * bytes);
      EXPECT_EQ(device->counters().barriers, device->counters().blocks);
      EXPECT_EQ(device->counters().shared_wavefronts, device->counters().min_shared_wavefronts);
      if (n % 512 == 0) {
        EXPECT_GE(device->counters().vector128_fraction(), 0.99);
      }
    }
}

/// Blocks that take tiles in turn: the coordinates of the next one are divisions away.
void shared_out_fwd(const Cfg& c, In x, In w, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n}), require(w, {m, n});
  auto X = x.tiles({c.bm, c.bn}), W = w.tiles({c.bm, c.bn}), Y = y.tiles({c.bm, c.bn});
  for (auto [i, j] : grid_persistent({cdiv(m, c.bm), cdiv(n, c.bn)}, 3))
    Y.store(X.load({i, j}) + W.load({i, j}) * 2, {i, j});
}
const auto shared_out = with_fields(kernel("shared_out_fwd", shared_out_fwd, {"x", "w", "y"}));

TEST_P(Prefetch, PersistentGrids) {
  for (const auto& [m, n] : {std::pair{9, 640}, {1, 1}, {7, 333}, {0, 5}, {40, 128}}) {
    SCOPED_TRACE(std::to_string(m) + "x" + std::to_string(n));
    const auto x = random_integers(-100, 100, std::int64_t{m} * n, 1),
               w = random_integers(-100, 100, std::int64_t{m} * n, 2);
    std::vector<std::int64_t> wanted;
    for (std::size_t i = 0; i < x.size(); ++i) wanted.push_back(x[i] + 2 * w[i]);
    const Tensor out = filled(i32, {m, n}, -1);
    launch(shared_out, Cfg{.bm = 4, .bn = 64}, integers(i32, {m, n}, x), integers(i32, {m, n}, w),
           out);
    expect_integers(out, wanted);
  }
}

/// A load for each outer iteration, one for each inner iteration, and one that depends on both.
void nested_fwd(const Cfg& c, In a, In b, Out y, I32 iterations) {
  auto [m, n] = dims2(a);
  auto A = a.tiles({1, c.bn}), B = b.tiles({1, c.bn});
  auto [one] = grid({1});
  Tile total = zeros(i32, {1, c.bn});
  for (auto i : range(0, m)) {
    Tile outer = A.load({i, 0});
    for (auto j : range(0, iterations))
      total = total * 3 + outer * B.load({j, 0}) + B.load({i + j, 1});
    total += A.load({i, 1});
  }
  y.tiles({1, c.bn}).store(total, {0, 0});
}
const auto nested = with_fields(kernel("nested_fwd", nested_fwd, {"a", "b", "y", "iterations"}));

TEST_P(Prefetch, LoopsInsideEachOther) {
  for (const auto& [m, iterations] : {std::pair{7, 5}, {1, 1}, {0, 3}, {3, 0}, {6, 9}}) {
    SCOPED_TRACE(std::to_string(m) + " " + std::to_string(iterations));
    const std::int64_t n = 500, bn = 256;
    const auto a = random_integers(-9, 9, m * n, 1), b = random_integers(-9, 9, 20 * n, 2);
    std::vector<std::int64_t> wanted(static_cast<std::size_t>(bn), 0);
    const auto at = [&](const auto& t, std::int64_t row, std::int64_t column) {
      return column < n ? t[static_cast<std::size_t>(row * n + column)] : 0;
    };
    for (std::int64_t k = 0; k < bn; ++k) {
      std::int64_t& total = wanted[static_cast<std::size_t>(k)];
      for (int i = 0; i < m; ++i) {
        for (int j = 0; j < iterations; ++j)
          total = wrapped(i32, total * 3 + at(a, i, k) * at(b, j, k) + at(b, i + j, bn + k));
        total = wrapped(i32, total + at(a, i, bn + k));
      }
    }
    const Tensor out = stream.empty(i32, {1, bn});
    launch(nested, Cfg{.bn = 256}, integers(i32, {m, n}, a), integers(i32, {20, n}, b), out,
           iterations);
    expect_integers(out, wanted);
  }
}

/// What one loop stores the next one loads, in another layout: the copies before the second loop
/// come after the first one's stores by other threads.
void handed_on_fwd(const Cfg&, In x, InOut between, Out y) {
  auto [one] = grid({1});
  for (auto j : range(0, x.dim(0) / 4))
    between.tiles({4, 64}).store(x.tiles({4, 64}).load({j, 0}) * 2, {j, 0});
  Tile total = zeros(i32, {64, 4});
  for (auto j : range(0, between.dim(1) / 4))
    total = total * 3 + between.tiles({64, 4}).load({0, j});
  y.tiles({64, 4}).store(total, {0, 0});
}
const auto handed_on = with_fields(kernel("handed_on_fwd", handed_on_fwd, {"x", "between", "y"}));

TEST_P(Prefetch, WhatALoopBeforeHasStored) {
  const auto x = random_integers(-9, 9, 64 * 64);
  std::vector<std::int64_t> wanted(64 * 4, 0);
  for (std::size_t r = 0; r < 64; ++r)
    for (std::size_t k = 0; k < 64; ++k)
      wanted[r * 4 + k % 4] = wrapped(i32, wanted[r * 4 + k % 4] * 3 + 2 * x[r * 64 + k]);
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    device->options().seed = seed;
    device->reset_statistics();
    const Tensor between = filled(i32, {64, 64}, 99), out = stream.empty(i32, {64, 4});
    launch(handed_on, Cfg{.warps = 4}, integers(i32, {64, 64}, x), between, out);
    expect_integers(out, wanted);
    EXPECT_EQ(device->counters().barriers, simulates() ? 1U : 0U);
  }
}

/// Too much shared memory for what a block may have, if the loads of the loop were copied ahead.
void large_fwd(const Cfg& c, In x, Out y) {
  auto [r] = grid({x.dim(0)});
  Tile total = zeros(f64, {1, c.bn});
  for (auto j : range(0, cdiv(x.dim(1), c.bn))) total += x.tiles({1, c.bn}).load({r, j});
  y.tiles({1, c.bn}).store(total, {r, 0});
}
const auto large = with_fields(kernel("large_fwd", large_fwd, {"x", "y"}).specialise_dim("x", 1));

TEST_P(Prefetch, TilesThatDoNotFitStayLoads) {
  const std::int64_t n = 3 * 8192;
  const Tensor out = stream.empty(f64, {1, 8192});
  launch(large, Cfg{.bn = 8192, .warps = 8}, filled(f64, {1, n}, 2), out);
  expect_floats(out, std::vector<double>(8192, 6));
}

}  // namespace
}  // namespace tegula::testing
