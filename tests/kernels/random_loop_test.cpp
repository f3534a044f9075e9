// Random programs of loops and branches give what the same program on arrays gives, to the bit:
// tiles that are carried in one layout and used in another, swapped, merged and carried again.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

constexpr int side = 16, size = side * side;

struct Cfg {
  int seed = 0, warps = 4;
};

enum class Kind : std::uint8_t {
  combine,
  add_number,
  transpose,
  add_sum,  // along axis number % 2
  scan,
  compare,
  join_masks,
  choose,
  to_row,
  add_row,
  scan_row,
  swap,
  for_loop,  // these three have bodies
  while_loop,
  branch,
  count
};

struct Statement {
  Kind kind = Kind::combine;
  std::size_t to = 0, a = 0, b = 0;  ///< of squares; masks and rows have them modulo 2
  int number = 0;
  std::vector<Statement> body, other;
};
using Block = std::vector<Statement>;

class Generator {
 public:
  explicit Generator(int seed) : random_(static_cast<std::uint64_t>(seed)) {}

  Block block(int depth) {
    Block result(2 + below(5));
    for (Statement& s : result) {
      const Kind end = depth == 0 ? Kind::for_loop : Kind::count;
      s.kind = static_cast<Kind>(below(static_cast<std::size_t>(end)));
      // Loops are what this is about.
      if (depth == max_depth && &s == &result.back())
        s.kind = below(2) ? Kind::for_loop : Kind::while_loop;
      s.to = below(4), s.a = below(4), s.b = below(4);
      s.number = static_cast<int>(below(4));
      if (s.kind >= Kind::for_loop) s.body = block(depth - 1);
      if (s.kind == Kind::branch) s.other = block(depth - 1);
    }
    return result;
  }
  static constexpr int max_depth = 3;

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::mt19937_64 random_;
};

Block program(int seed) { return Generator(seed).block(Generator::max_depth); }

/// The program, traced.
struct Traced {
  const Tile& iterations;
  std::array<Tile, 4> squares;
  std::array<Mask, 2> masks;
  std::array<Tile, 2> rows;

  void run(const Block& block) {
    for (const Statement& s : block) run(s);
  }

  void run(const Statement& s) {
    Tile &to = squares[s.to], &a = squares[s.a], &b = squares[s.b];
    Mask &mask = masks[s.to % 2], &other_mask = masks[1 - s.to % 2];
    Tile &row = rows[s.to % 2], &other_row = rows[1 - s.to % 2];
    switch (s.kind) {
      case Kind::combine:
        to = s.number == 0 ? a + b : s.number == 1 ? a - b : s.number == 2 ? a ^ b : max(a, b);
        break;
      case Kind::add_number:
        to = a + s.number;
        break;
      case Kind::transpose:
        to = a.T();
        break;
      case Kind::add_sum:
        to = a + sum(b, s.number % 2);
        break;
      case Kind::scan:
        to = cumsum(a, s.number % 2);
        break;
      case Kind::compare:
        mask = s.number % 2 == 0 ? a < b : a.T() < b;
        break;
      case Kind::join_masks:
        mask = s.number % 2 == 0 ? mask ^ other_mask : mask & !other_mask;
        break;
      case Kind::choose:
        to = select(mask, a, b);
        break;
      case Kind::to_row:
        row = sum(a, s.number % 2).reshape({side});
        break;
      case Kind::add_row:
        to = a + (s.number % 2 == 0 ? row : row.reshape({side, 1}));
        break;
      case Kind::scan_row:
        row = cumsum(other_row, 0);
        break;
      case Kind::swap: {
        const Tile kept = a;
        a = b;
        b = kept;
        break;
      }
      case Kind::for_loop:
        for (auto iteration : range(0, iterations)) {
          run(s.body);
          if (s.number == 0) to = to + iteration;
        }
        break;
      case Kind::while_loop: {
        Tile left = iterations;
        while_([&] { return left > 0; },
               [&] {
                 run(s.body);
                 left = left - 1;
               });
        break;
      }
      default:  // branch
        if_(
            sum(sum(a, 1), 0).reshape({}) > s.number, [&] { run(s.body); }, [&] { run(s.other); });
    }
  }
};

/// The program, on arrays.
using Square = std::array<std::uint32_t, size>;
using Row = std::array<std::uint32_t, side>;

struct Computed {
  std::int32_t iterations;
  std::array<Square, 4> squares{};
  std::array<std::array<bool, size>, 2> masks{};
  std::array<Row, 2> rows{};

  static std::int32_t number(std::uint32_t bits) { return static_cast<std::int32_t>(bits); }

  /// Sums along the axis, by what is left.
  static Row sums(const Square& a, int axis) {
    Row result{};
    for (int e = 0; e < size; ++e) result[axis == 0 ? e % side : e / side] += a[e];
    return result;
  }

  void run(const Block& block) {
    for (const Statement& s : block) run(s);
  }

  void run(const Statement& s) {
    const Square a = squares[s.a], b = squares[s.b];
    Square& to = squares[s.to];
    auto &mask = masks[s.to % 2], &other_mask = masks[1 - s.to % 2];
    Row &row = rows[s.to % 2], &other_row = rows[1 - s.to % 2];
    const auto n = static_cast<std::uint32_t>(s.number);
    const int axis = s.number % 2;
    const auto each = [&](auto f) {
      Square result;
      for (int e = 0; e < size; ++e) result[e] = f(e);
      to = result;
    };
    const auto transposed = [](int e) { return e % side * side + e / side; };
    switch (s.kind) {
      case Kind::combine:
        return each([&](int e) {
          return n == 0   ? a[e] + b[e]
                 : n == 1 ? a[e] - b[e]
                 : n == 2 ? a[e] ^ b[e]
                          : static_cast<std::uint32_t>(std::max(number(a[e]), number(b[e])));
        });
      case Kind::add_number:
        return each([&](int e) { return a[e] + n; });
      case Kind::transpose:
        return each([&](int e) { return a[transposed(e)]; });
      case Kind::add_sum: {
        const Row total = sums(b, axis);
        return each([&](int e) { return a[e] + total[axis == 0 ? e % side : e / side]; });
      }
      case Kind::scan: {
        Square result = a;
        const int step = axis == 0 ? side : 1;
        for (int e = 0; e < size; ++e)
          if ((axis == 0 ? e / side : e % side) > 0) result[e] += result[e - step];
        to = result;
        return;
      }
      case Kind::compare:
        for (int e = 0; e < size; ++e)
          mask[e] = number(a[axis == 0 ? e : transposed(e)]) < number(b[e]);
        return;
      case Kind::join_masks:
        for (int e = 0; e < size; ++e)
          mask[e] = axis == 0 ? mask[e] != other_mask[e] : mask[e] && !other_mask[e];
        return;
      case Kind::choose:
        return each([&](int e) { return mask[e] ? a[e] : b[e]; });
      case Kind::to_row:
        row = sums(a, axis);
        return;
      case Kind::add_row:
        return each([&](int e) { return a[e] + row[axis == 0 ? e % side : e / side]; });
      case Kind::scan_row: {
        Row result = other_row;
        for (int e = 1; e < side; ++e) result[e] += result[e - 1];
        row = result;
        return;
      }
      case Kind::swap:
        std::swap(squares[s.a], squares[s.b]);
        return;
      case Kind::for_loop:
        for (std::int32_t iteration = 0; iteration < iterations; ++iteration) {
          run(s.body);
          if (s.number == 0)
            for (std::uint32_t& element : to) element += static_cast<std::uint32_t>(iteration);
        }
        return;
      case Kind::while_loop:
        for (std::int32_t iteration = 0; iteration < iterations; ++iteration) run(s.body);
        return;
      default: {  // branch
        std::uint32_t total = 0;
        for (const std::uint32_t element : a) total += element;
        run(number(total) > s.number ? s.body : s.other);
      }
    }
  }
};

void random_loop_fwd(const Cfg& c, In x, I32 iterations, Out y) {
  auto [i] = grid({1});
  auto X = x.tiles({1, side, side}), Y = y.tiles({1, side, side});
  Tile first = X.load({0, 0, 0}).reshape({side, side});
  Tile second = X.load({1, 0, 0}).reshape({side, side});
  const Tile count = iterations;
  Traced t{count,
           {first, first.T(), second + 1, zeros(i32, {side, side})},
           {first < second, second.T() < first},
           {sum(first, 0).reshape({side}), sum(second, 1).reshape({side})}};
  t.run(program(c.seed));
  const std::array<Tile, 3> last = {select(t.masks[0], t.squares[3], t.squares[3] + 1),
                                    select(t.masks[1], t.squares[2], t.squares[2] + 1) + t.rows[0],
                                    t.squares[1] + t.rows[1].reshape({side, 1})};
  Y.store(t.squares[0].reshape({1, side, side}), {0, 0, 0});
  for (int k = 0; k < 3; ++k)
    Y.store(last[static_cast<std::size_t>(k)].reshape({1, side, side}), {k + 1, 0, 0});
}
const auto random_loop = kernel("random_loop_fwd", random_loop_fwd, {"x", "iterations", "y"})
                             .field("seed", &Cfg::seed)
                             .field("warps", &Cfg::warps);

class RandomLoops : public KernelTest {
 protected:
  void expect_same(const Cfg& c) {
    const auto x = random_integers(-2000000000, 2000000000, 2 * size);
    constexpr int iterations = 2;
    const Tensor y = filled(i32, {4, side, side}, 77);
    launch(random_loop, c, integers(i32, {2, side, side}, x), iterations, y);

    Computed p{.iterations = iterations};
    auto& [first, flipped, second, zero] = p.squares;
    for (int e = 0; e < size; ++e) {
      first[e] = static_cast<std::uint32_t>(x[e]);
      second[e] = static_cast<std::uint32_t>(x[size + e]);
    }
    for (int e = 0; e < size; ++e) flipped[e] = first[e % side * side + e / side];
    for (int e = 0; e < size; ++e) {
      p.masks[0][e] = Computed::number(first[e]) < Computed::number(second[e]);
      p.masks[1][e] =
          Computed::number(second[e % side * side + e / side]) < Computed::number(first[e]);
    }
    p.rows = {Computed::sums(first, 0), Computed::sums(second, 1)};
    for (std::uint32_t& element : second) ++element;
    p.run(program(c.seed));

    std::vector<std::int64_t> wanted;
    for (const std::uint32_t element : p.squares[0]) wanted.push_back(Computed::number(element));
    const auto append = [&](auto f) {
      for (int e = 0; e < size; ++e) wanted.push_back(Computed::number(f(e)));
    };
    append([&](int e) { return p.squares[3][e] + (p.masks[0][e] ? 0 : 1); });
    append([&](int e) { return p.squares[2][e] + (p.masks[1][e] ? 0 : 1) + p.rows[0][e % side]; });
    append([&](int e) { return p.squares[1][e] + p.rows[1][e / side]; });
    expect_integers(y, wanted);
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, RandomLoops, ::testing::Values("sim:sm_90a"), target_name);

TEST_P(RandomLoops, GiveWhatArraysGive) {
  // More of them, elsewhere: TEGULA_RANDOM_PROGRAMS=FIRST:COUNT.
  int first = 0, count = 40;
  if (const char* range = std::getenv("TEGULA_RANDOM_PROGRAMS"))
    std::sscanf(range, "%d:%d", &first, &count);
  for (int seed = first; seed < first + count; ++seed) {
    const Cfg c{.seed = seed, .warps = 1 << seed % 4};
    SCOPED_TRACE(::testing::Message() << "seed " << c.seed << ", warps " << c.warps);
    try {
      expect_same(c);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace
}  // namespace tegula::testing
