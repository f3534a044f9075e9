// Random sequences of operations give what loops over arrays give, to the bit: layouts, conversions
// between them, reductions, scans and shared memory in combinations that nobody thought of.
#include "tests/kernels/random_program.h"

#include <cstdio>
#include <cstdlib>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

using Kind = StepKind;

struct Cfg {
  int seed = 0, steps = 12;
  int warps = 4;
};

Tile traced(const Step& s, const std::vector<Tile>& values) {
  const Tile &a = values[s.a], &b = values[s.b];
  const Dims dims{std::span(s.dims)};
  switch (s.kind) {
    case Kind::add:
      return a + b;
    case Kind::sub:
      return a - b;
    case Kind::mul:
      return a * b;
    case Kind::bit_and:
      return a & b;
    case Kind::bit_or:
      return a | b;
    case Kind::bit_xor:
      return a ^ b;
    case Kind::min:
      return min(a, b);
    case Kind::max:
      return max(a, b);
    case Kind::choose:
      return select(a < b, a + 1, b);
    case Kind::high_product:
      return (a.to(i64) * b.to(i64) >> 16).to(i32);
    case Kind::shift_left:
      return a << s.number;
    case Kind::shift_right:
      return a >> s.number;
    case Kind::narrow:
      return a.to(i16).to(i32);
    case Kind::transpose:
      return transpose(a, dims);
    case Kind::reshape:
      return a.reshape(dims);
    case Kind::expand:
      return a.expand(dims);
    case Kind::sum:
      return sum(a, s.axis);
    case Kind::reduce_max:
      return reduce_max(a, s.axis);
    case Kind::reduce_min:
      return reduce_min(a, s.axis);
    case Kind::argmin:
      return argmin(a, s.axis).index;
    case Kind::cumsum:
      return cumsum(a, s.axis);
    case Kind::cumsum_reverse:
      return cumsum(a, s.axis, true);
    case Kind::join:
      return join(a, b);
    case Kind::split_first:
      return split(a).first;
    case Kind::split_second:
      return split(a).second;
    case Kind::cat:
      return cat(a, b, s.axis);
    default: {  // loop
      Tile carried = a;
      for (auto turn : range(0, 3)) carried = carried * 5 + (b ^ turn);
      return carried;
    }
  }
}

/// The inputs: rows of x beyond its last are padded.
constexpr std::int64_t x_rows = 13, x_columns = 32, z_size = 61;
std::vector<std::vector<std::int64_t>> input_shapes() { return {{16, 32}, {64}}; }

/// The last three values, each as a row of y.
constexpr int outputs = 3;
constexpr std::int64_t most_elements = 4096;

void random_fwd(const Cfg& c, In x, In z, Out y) {
  auto [i] = grid({1});
  auto shapes = input_shapes();
  const auto steps = random_steps(shapes, c.steps, static_cast<std::uint64_t>(c.seed));
  std::vector<Tile> values = {x.tiles({16, 32}).pad(-3).load({i, 0}), z.tiles({64}).load({i})};
  values.reserve(values.size() + steps.size());
  for (const Step& step : steps) values.push_back(traced(step, values));
  for (int k = 0; k < outputs; ++k) {
    const Tile& v = values[values.size() - 1 - static_cast<std::size_t>(k)];
    std::int64_t size = 1;
    for (const std::int64_t extent : shapes[shapes.size() - 1 - static_cast<std::size_t>(k)])
      size *= extent;
    y.tiles({1, size}).store(v.reshape({1, size}), {k, 0});
  }
}
const auto random_kernel = kernel("random_fwd", random_fwd, {"x", "z", "y"})
                               .field("seed", &Cfg::seed)
                               .field("steps", &Cfg::steps)
                               .field("warps", &Cfg::warps);

class RandomPrograms : public KernelTest {
 protected:
  void expect_same(const Cfg& c) {
    const auto x = random_integers(-2000000000, 2000000000, x_rows * x_columns, 1);
    const auto z = random_integers(-300, 300, z_size, 2);
    const Tensor y = filled(i32, {outputs, most_elements}, 77);
    launch(random_kernel, c, integers(i32, {x_rows, x_columns}, x), integers(i32, {z_size}, z), y);
    auto shapes = input_shapes();
    const auto steps = random_steps(shapes, c.steps, static_cast<std::uint64_t>(c.seed));
    std::vector<Array> values = {{shapes[0], {x.begin(), x.end()}},
                                 {shapes[1], {z.begin(), z.end()}}};
    values[0].values.resize(16 * 32, -3);
    values[1].values.resize(64, 0);
    for (const Step& step : steps) values.push_back(computed(step, values));
    std::vector<std::int64_t> wanted;
    for (std::size_t k = 0; k < outputs; ++k) {
      const auto& last = values[values.size() - 1 - k].values;
      wanted.insert(wanted.end(), last.begin(), last.end());
      wanted.resize((k + 1) * most_elements, 77);
    }
    expect_integers(y, wanted);
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, RandomPrograms, ::testing::ValuesIn(kernel_targets()),
                         target_name);

TEST_P(RandomPrograms, GiveWhatLoopsGive) {
  // More of them, elsewhere: TEGULA_RANDOM_PROGRAMS=FIRST:COUNT.
  int first = 0, count = assembles() ? 5 : 40;
  if (const char* range = std::getenv("TEGULA_RANDOM_PROGRAMS"))
    std::sscanf(range, "%d:%d", &first, &count);
  for (int seed = first; seed < first + count; ++seed) {
    const Cfg c{.seed = seed, .steps = 6 + seed % 20, .warps = 1 << seed % 4};
    SCOPED_TRACE(::testing::Message() << "seed " << c.seed << ", warps " << c.warps);
    expect_same(c);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tegula::testing
