// Grids of 1, 2 and 3 dimensions, optional tensors, several outputs.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int dims = 1;
  int warps = 1;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("dims", &Cfg::dims).field("warps", &Cfg::warps);
}

class Grids : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Grids, ::testing::ValuesIn(kernel_targets()), target_name);

/// Each block writes its own number.
void number_fwd(const Cfg& c, Out y) {
  auto [a, b, d] = dims3(y);
  const View view = y.tiles({1, 1, 1});
  if (c.dims == 1) {
    auto [i] = grid({a * b * d});
    view.store(i, {i / (b * d), i / d % b, i % d});
  } else if (c.dims == 2) {
    auto [i, j] = grid({a, b * d});
    view.store(i * 1000 + j, {i, j / d, j % d});
  } else {
    auto [i, j, k] = grid({a, b, d});
    view.store(i * 10000 + j * 100 + k, {i, j, k});
  }
}
const auto number = with_fields(kernel("number_fwd", number_fwd, {"y"}));

TEST_P(Grids, OneTwoAndThreeDimensions) {
  for (const Dims& shape : {Dims{3, 5, 7}, Dims{1, 1, 1}, Dims{16, 1, 33}})
    for (const int dims : {1, 2, 3}) {
      SCOPED_TRACE(to_string(shape) + " by " + std::to_string(dims));
      std::vector<std::int64_t> wanted;
      for (std::int64_t i = 0; i < shape[0]; ++i)
        for (std::int64_t j = 0; j < shape[1]; ++j)
          for (std::int64_t k = 0; k < shape[2]; ++k) {
            const std::int64_t flat = (i * shape[1] + j) * shape[2] + k;
            const std::int64_t results[] = {flat, i * 1000 + j * shape[2] + k,
                                            i * 10000 + j * 100 + k};
            wanted.push_back(results[dims - 1]);
          }
      const Tensor out = filled(i32, shape, -1);
      launch(number, Cfg{.dims = dims, .warps = 2}, out);
      expect_integers(out, wanted);
    }
}

/// y = x + bias where there is one; the sum of x where somebody wants it.
void optional_fwd(const Cfg&, In x, OptIn bias, Out y, OptOut total, OptInOut count) {
  auto [m, n] = dims2(x);
  auto [r] = grid({m});
  Tile row = x.tiles({1, 32}).load({r, 0});
  if (total) total.tiles({1}).store(sum(row, 1).squeeze(), {r});
  if (count) {
    const View view = count.tiles({32});  // as many as threads: each reads what it writes
    view.store(view.load({r}) + 1, {r});
  }
  if (bias) row += bias.tiles({32}).load({0});
  y.tiles({1, 32}).store(row, {r, 0});
}
const auto optional =
    with_fields(kernel("optional_fwd", optional_fwd, {"x", "bias", "y", "total", "count"}));

TEST_P(Grids, OptionalTensors) {
  const auto x = random_integers(-50, 50, 3 * 20), bias = random_integers(-50, 50, 20, 2);
  for (int present = 0; present < 8; ++present) {
    SCOPED_TRACE(present);
    const bool with_bias = present & 1, with_total = present & 2, with_count = present & 4;
    const Tensor b = integers(i64, {20}, bias), y = stream.empty(i64, {3, 20}),
                 total = filled(i64, {3}, 0), count = filled(i32, {3 * 32}, 41);
    const TensorRef none;
    launch(optional, Cfg{}, integers(i64, {3, 20}, x), with_bias ? b.ref() : none, y,
           with_total ? total.ref() : none, with_count ? count.ref() : none);
    std::vector<std::int64_t> wanted = x, sums(3, 0);
    for (std::size_t e = 0; e < x.size(); ++e) {
      if (with_bias) wanted[e] += bias[e % 20];
      if (with_total) sums[e / 20] += x[e];
    }
    expect_integers(y, wanted), expect_integers(total, sums);
    expect_integers(count, std::vector<std::int64_t>(3 * 32, with_count ? 42 : 41));
  }
}

}  // namespace
}  // namespace tegula::testing
