// Atomics: every kind, dtype, order and scope; collisions; masks; tiles that several threads hold.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tegula/error.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Cfg {
  int kind = 0;
  int order = 0;
  int scope = 1;
  int bn = 128;
  int warps = 4;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("kind", &Cfg::kind)
      .field("order", &Cfg::order)
      .field("scope", &Cfg::scope)
      .field("bn", &Cfg::bn)
      .field("warps", &Cfg::warps);
}

enum Kind { add, minimum, maximum, bit_and, bit_or, bit_xor, exchange, kinds };

OldValue apply(const Cfg& c, const TensorParameter& y, const Tile& value, const Tile& place,
               const Mask& mask) {
  const AtomicOptions options = {.mask = mask,
                                 .order = static_cast<MemoryOrder>(c.order),
                                 .scope = static_cast<MemoryScope>(c.scope)};
  switch (c.kind) {
    case add:
      return y.atomic_add(value, {place}, options);
    case minimum:
      return y.atomic_min(value, {place}, options);
    case maximum:
      return y.atomic_max(value, {place}, options);
    case bit_and:
      return y.atomic_and(value, {place}, options);
    case bit_or:
      return y.atomic_or(value, {place}, options);
    case bit_xor:
      return y.atomic_xor(value, {place}, options);
    default:
      return y.atomic_exchange(value, {place}, options);
  }
}

std::int64_t applied(int kind, DType dtype, std::int64_t a, std::int64_t b) {
  const bool is_unsigned = is_unsigned_integer(dtype);
  const bool less =
      is_unsigned ? static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b) : a < b;
  switch (kind) {
    case add:
      return wrapped(dtype, static_cast<std::int64_t>(static_cast<std::uint64_t>(a) +
                                                      static_cast<std::uint64_t>(b)));
    case minimum:
      return less ? a : b;
    case maximum:
      return less ? b : a;
    case bit_and:
      return a & b;
    case bit_or:
      return a | b;
    case bit_xor:
      return a ^ b;
    default:
      return b;
  }
}

class Atomics : public KernelTest {
 protected:
  /// Runs `body` under several orders of blocks, warps and host threads.
  template <class Body>
  void under_every_schedule(Body body) {
    for (const std::uint64_t seed : {0, 1, 77})
      for (const std::uint32_t threads : {1, 4}) {
        if (!simulates() && (seed != 0 || threads != 1)) continue;
        SCOPED_TRACE("seed " + std::to_string(seed) + ", host threads " + std::to_string(threads));
        device->options().seed = seed;
        device->options().threads = threads;
        body();
      }
  }
  bool lacks(DType dtype) const { return dtype == bf16 && arch().starts_with("sm_8"); }
};
INSTANTIATE_TEST_SUITE_P(Targets, Atomics, ::testing::ValuesIn(kernel_targets()), target_name);

/// The histogram of docs/language.md.
void histogram_fwd(const Cfg& c, In x, InOut counts) {
  auto [n] = dims1(x);
  auto [bins] = dims1(counts);
  auto [i] = grid({cdiv(n, c.bn)});
  auto v = x.tiles({c.bn}).pad(-1).load({i});
  counts.atomic_add(1, {v}, {.mask = (v >= 0) & (v < bins)});
}
const auto histogram = with_fields(kernel("histogram_fwd", histogram_fwd, {"x", "counts"}));

TEST_P(Atomics, AHistogramIsExact) {
  for (const auto& [n, bins] : {std::pair{1, 1}, {5000, 1}, {4999, 7}, {4096, 1000}})
    for (const auto& [bn, warps] : {std::pair{128, 4}, {1024, 2}, {16, 4}}) {
      SCOPED_TRACE(std::to_string(n) + " in " + std::to_string(bins) + " by " + std::to_string(bn));
      const auto x = random_integers(-2, bins + 2, n);
      std::vector<std::int64_t> wanted(static_cast<std::size_t>(bins), 10);
      for (const auto v : x)
        if (v >= 0 && v < bins) ++wanted[static_cast<std::size_t>(v)];
      under_every_schedule([&] {
        const Tensor counts = filled(i32, {bins}, 10);
        launch(histogram, Cfg{.bn = bn, .warps = warps}, integers(i32, {n}, x), counts);
        expect_integers(counts, wanted);
      });
    }
}

/// Element k of x goes to place[k] of y where use[k] is not 0; what was there goes to before[k].
void apply_fwd(const Cfg& c, In x, In place, In use, InOut y, Out before) {
  auto [n] = dims1(x);
  auto [i] = grid({cdiv(n, c.bn)});
  const Tile where = place.tiles({c.bn}).pad(-1).load({i});
  const Mask mask = (where >= 0) & (use.tiles({c.bn}).load({i}) != 0);
  const Tile old = apply(c, y, x.tiles({c.bn}).load({i}), where, mask);
  before.tiles({c.bn}).store(old, {i});
}
const auto apply_kernel =
    with_fields(kernel("apply_fwd", apply_fwd, {"x", "place", "use", "y", "before"}));

TEST_P(Atomics, EveryKindAndIntegerGivesTheValuesBefore) {
  for (const DType dtype : {i32, u32, i64, u64})
    for (int kind = 0; kind < kinds; ++kind)
      for (const auto& [n, bn, warps] : {std::tuple{300, 128, 4}, {37, 8, 2}, {37, 8, 1}}) {
        if (assembles() && n == 300) continue;
        SCOPED_TRACE(std::string(dtype_name(dtype)) + " kind " + std::to_string(kind) + ", " +
                     std::to_string(n) + " by " + std::to_string(bn));
        const auto size = static_cast<std::size_t>(n);
        std::vector<std::int64_t> place(size);
        std::iota(place.begin(), place.end(), 0);
        std::shuffle(place.begin(), place.end(), std::mt19937(5));
        // Values with the high bit: signed and unsigned orders differ.
        auto x = random_integers(-(std::int64_t{1} << 62), std::int64_t{1} << 62, n, 1);
        auto y = random_integers(-(std::int64_t{1} << 62), std::int64_t{1} << 62, n, 2);
        for (auto* values : {&x, &y})
          for (auto& v : *values) v = wrapped(dtype, v * 3);
        const auto use = random_integers(0, 3, n, 3);
        std::vector<std::int64_t> wanted = y, wanted_before(size, 0);
        for (std::size_t k = 0; k < size; ++k) {
          const auto at = static_cast<std::size_t>(place[k]);
          if (use[k] == 0) continue;
          wanted_before[k] = y[at];
          wanted[at] = applied(kind, dtype, y[at], x[k]);
        }
        const Tensor target = integers(dtype, {n}, y), before = filled(dtype, {n}, 77);
        launch(apply_kernel, Cfg{.kind = kind, .bn = bn, .warps = warps}, integers(dtype, {n}, x),
               integers(i32, {n}, place), integers(i8, {n}, use), target, before);
        expect_integers(target, wanted);
        expect_integers(before, wanted_before);
      }
}

TEST_P(Atomics, EveryKindUnderCollisions) {
  constexpr int n = 3000, cells = 3;
  for (const DType dtype : {i32, u64})
    for (int kind = 0; kind < exchange; ++kind) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " kind " + std::to_string(kind));
      const auto x = random_integers(1, 1 << 30, n, 4), place = random_integers(0, cells - 1, n, 5);
      const auto y = random_integers(1, 1 << 30, cells, 6);
      std::vector<std::int64_t> wanted = y;
      for (std::size_t k = 0; k < n; ++k) {
        auto& cell = wanted[static_cast<std::size_t>(place[k])];
        cell = applied(kind, dtype, cell, x[k]);
      }
      under_every_schedule([&] {
        const Tensor target = integers(dtype, {cells}, y);
        launch(apply_kernel, Cfg{.kind = kind}, integers(dtype, {n}, x), integers(i32, {n}, place),
               filled(i8, {n}, 1), target, filled(dtype, {n}, 0));
        expect_integers(target, wanted);
      });
    }
}

TEST_P(Atomics, ExchangesOfFloats) {
  for (const DType dtype : {f32, f64})
    for (const int bn : {128, 8}) {
      const auto x = random_floats(dtype, 100, 1), y = random_floats(dtype, 100, 2);
      std::vector<std::int64_t> place(100);
      std::iota(place.rbegin(), place.rend(), 0);
      const Tensor target = floats(dtype, {100}, y), before = filled(dtype, {100}, 0);
      launch(apply_kernel, Cfg{.kind = exchange, .bn = bn}, floats(dtype, {100}, x),
             integers(i32, {100}, place), filled(i8, {100}, 1), target, before);
      expect_floats(target, {x.rbegin(), x.rend()});
      expect_floats(before, {y.rbegin(), y.rend()});
    }
}

TEST_P(Atomics, SumsOfFloats) {
  // Small whole numbers, whose sums are exact in any order.
  constexpr int n = 200, cells = 5;
  for (const DType dtype : {f16, bf16, f32, f64})
    for (const auto& [bn, warps] : {std::pair{64, 4}, {8, 4}, {8, 1}}) {
      if (lacks(dtype)) continue;
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " by " + std::to_string(bn));
      const auto whole = random_integers(-2, 3, n, 7), place = random_integers(0, cells - 1, n, 8);
      std::vector<double> wanted(cells, 1);
      for (std::size_t k = 0; k < n; ++k)
        wanted[static_cast<std::size_t>(place[k])] += static_cast<double>(whole[k]);
      under_every_schedule([&] {
        const Tensor target = filled(dtype, {cells}, 1);
        launch(apply_kernel, Cfg{.bn = bn, .warps = warps},
               floats(dtype, {n}, {whole.begin(), whole.end()}), integers(i32, {n}, place),
               filled(i8, {n}, 1), target, filled(dtype, {n}, 0));
        expect_floats(target, wanted);
      });
    }
}

TEST_P(Atomics, ValuesBeforeOfSixteenAndSixtyFourBits) {
  for (const DType dtype : {f16, bf16, f32, f64})
    for (const int warps : {1, 4}) {
      if (lacks(dtype)) continue;
      const auto x = random_floats(dtype, 8, 3), y = random_floats(dtype, 8, 4);
      std::vector<double> wanted(8);
      for (std::size_t k = 0; k < 8; ++k) wanted[k] = x[k] + y[k];
      const Tensor target = floats(dtype, {8}, y), before = filled(dtype, {8}, 0);
      launch(apply_kernel, Cfg{.bn = 8, .warps = warps}, floats(dtype, {8}, x),
             integers(i32, {8}, {0, 1, 2, 3, 4, 5, 6, 7}), filled(i8, {8}, 1), target, before);
      expect_floats(target, rounded(dtype, wanted));
      expect_floats(before, y);
    }
}

TEST_P(Atomics, EveryOrderAndScope) {
  constexpr int n = 500;
  const auto x = random_integers(-9, 9, n, 1);
  const auto total = std::accumulate(x.begin(), x.end(), std::int64_t{0});
  const char* const orders[] = {"relaxed", "acquire", "release", "acq_rel"};
  const char* const scopes[] = {"cta", "gpu", "sys"};
  for (int order = 0; order < 4; ++order)
    for (int scope = 0; scope < 3; ++scope) {
      const Cfg c{.order = order, .scope = scope, .bn = 512};  // one block: any scope will do
      const Tensor target = filled(i32, {1}, 5), in = integers(i32, {n}, x);
      const Tensor places = filled(i32, {n}, 0), use = filled(i8, {n}, 1);
      launch(apply_kernel, c, in, places, use, target, filled(i32, {n}, 0));
      expect_integers(target, {5 + total});
      EXPECT_THAT(ptx_of(apply_kernel, c, in, places, use, target, places),
                  HasSubstr(std::string("atom.") + orders[order] + "." + scopes[scope] +
                            ".global.add.u32"));
    }
}

TEST_P(Atomics, NobodyWaitsForAValueThatNobodyWants) {
  const Tensor x = filled(i32, {8}, 0), counts = filled(i32, {8}, 0);
  const std::string text = ptx_of(histogram, Cfg{}, x, counts);
  EXPECT_THAT(text, HasSubstr("red.relaxed.gpu.global.add.u32"));
  EXPECT_THAT(text, Not(HasSubstr("atom.")));
  EXPECT_THAT(text, Not(HasSubstr("bar")));
}

/// Each block takes `bn` tickets and signs each for itself; all of its threads see the ticket.
void tickets_fwd(const Cfg& c, InOut counter, Out signed_by, Out seen) {
  auto [i] = grid({cdiv(signed_by.dim(0), c.bn)});
  for (auto j : range(0, c.bn)) {
    const Tile ticket = counter.atomic_add(1, {0});
    signed_by.scatter(i, {ticket});
    seen.tiles({1, 256}).store((iota(256) + ticket).unsqueeze(0), {ticket, 0});
  }
}
const auto tickets =
    with_fields(kernel("tickets_fwd", tickets_fwd, {"counter", "signed_by", "seen"}));

TEST_P(Atomics, AScalarIsTakenOncePerBlockAndAllThreadsSeeIt) {
  for (const int warps : {1, 2, 8}) {
    constexpr int blocks = 9, each = 3, n = blocks * each;
    std::vector<std::int64_t> wanted;
    for (int t = 0; t < n; ++t)
      for (int k = 0; k < 256; ++k) wanted.push_back(t + k);
    under_every_schedule([&] {
      const Tensor counter = filled(i32, {1}, 0), signed_by = filled(i32, {n}, -1);
      const Tensor seen = filled(i32, {n, 256}, -1);
      launch(tickets, Cfg{.bn = each, .warps = warps}, counter, signed_by, seen);
      expect_integers(counter, {n});
      expect_integers(seen, wanted);
      if (assembles()) return;
      auto signatures = read_integers(signed_by);
      std::sort(signatures.begin(), signatures.end());
      for (int t = 0; t < n; ++t) EXPECT_EQ(signatures[static_cast<std::size_t>(t)], t / each);
    });
  }
}

/// Multiplies y[0] by 2 i + 1, which no atomic does.
void multiply_fwd(const Cfg&, In blocks, InOut y) {
  auto [i] = grid({blocks.dim(0)});
  const Tile factor = (i * 2 + 1).to(y.dtype());
  Tile seen = full(y.dtype(), {}, 1);
  Tile found = y.atomic_compare_exchange(seen, seen * factor, {0});
  while_([&] { return found != seen; },
         [&] {
           seen = found;
           found = y.atomic_compare_exchange(seen, seen * factor, {0});
         });
}
const auto multiply = with_fields(kernel("multiply_fwd", multiply_fwd, {"blocks", "y"}));

TEST_P(Atomics, ALoopOfCompareAndExchange) {
  constexpr int blocks = 50;
  for (const DType dtype : {i32, u32, i64, u64})
    for (const int warps : {1, 4}) {
      std::uint64_t product = 3;
      for (std::uint64_t k = 0; k < blocks; ++k) product *= 2 * k + 1;
      under_every_schedule([&] {
        const Tensor y = filled(dtype, {1}, 3);
        launch(multiply, Cfg{.warps = warps}, filled(i8, {blocks}, 0), y);
        expect_integers(y, {wrapped(dtype, static_cast<std::int64_t>(product))});
      });
    }
}

/// Every block leaves the sum of its tile; the last to be done adds them up.
void last_block_fwd(const Cfg& c, In x, InOut parts, InOut done, InOut y) {
  auto [n] = dims1(x);
  auto [blocks] = dims1(parts);
  auto [i] = grid({cdiv(n, c.bn)});
  parts.tiles({1}).store(sum(x.tiles({c.bn}).load({i}), 0), {i});
  const Tile ticket = done.atomic_add(1, {0}, {.order = static_cast<MemoryOrder>(c.order)});
  if_(ticket == blocks - 1, [&] { y.tiles({1}).store(sum(parts.tiles({64}).load({0}), 0), {0}); });
}
const auto last_block =
    with_fields(kernel("last_block_fwd", last_block_fwd, {"x", "parts", "done", "y"}));

TEST_P(Atomics, ReleaseAndAcquireHandOverWhatABlockWrote) {
  constexpr int n = 33 * 128;
  const auto x = random_integers(-100, 100, n);
  under_every_schedule([&] {
    const Tensor parts = filled(i32, {33}, 0), done = filled(i32, {1}, 0), y = filled(i32, {1}, 0);
    launch(last_block, Cfg{.order = static_cast<int>(MemoryOrder::acq_rel)}, integers(i32, {n}, x),
           parts, done, y);
    expect_integers(y, {std::accumulate(x.begin(), x.end(), std::int64_t{0})});
  });
}

TEST_P(Atomics, RelaxedOnesHandOverNothing) {
  if (!simulates()) return;
  const Tensor parts = filled(i32, {33}, 0), done = filled(i32, {1}, 0), y = filled(i32, {1}, 0);
  try {
    launch(last_block, Cfg{.order = static_cast<int>(MemoryOrder::relaxed)},
           filled(i32, {33 * 128}, 1), parts, done, y);
    ADD_FAILURE() << "no race was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_fault);
    EXPECT_THAT(error.what(), HasSubstr("race"));
  }
}

constexpr int bf16_line = __LINE__ + 4;
void add_one_fwd(const Cfg&, InOut y) {
  auto [i] = grid({1});
  const Tile one = full(y.dtype(), {}, 1);
  y.atomic_add(one, {i});
}
const auto add_one = with_fields(kernel("add_one_fwd", add_one_fwd, {"y"}));

TEST_P(Atomics, AnArchitectureWithoutOneSaysWhichHaveIt) {
  const Tensor y = filled(bf16, {1}, 1);
  if (!lacks(bf16)) {
    launch(add_one, Cfg{}, y);
    return expect_floats(y, {2});
  }
  try {
    launch(add_one, Cfg{}, y);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.what(), HasSubstr("atomic_test.cpp:" + std::to_string(bf16_line)));
    EXPECT_THAT(error.what(), HasSubstr("atomic_add of bf16"));
    EXPECT_THAT(error.what(), HasSubstr("sm_90, sm_90a"));
  }
}

}  // namespace
}  // namespace tegula::testing
