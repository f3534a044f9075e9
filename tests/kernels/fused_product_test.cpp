// Products that are added are fused into the addition (docs/language.md), unless they are rounded.
#include <cmath>

#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

enum class Form { difference, with_factor, over_axis, combination, carried, count };

struct Cfg {
  Form form = Form::difference;
  bool rounds = false;
  int warps = 1;
};

constexpr int columns = 64;

/// x and y have 64 columns; z gets each form's tile of 64, or its one element 64 times.
void forms_fwd(const Cfg& c, In x, In y, Out z) {
  auto [i] = grid({1});
  const Tile a = x.tiles({columns}).load({i}), b = y.tiles({columns}).load({i});
  const auto product = [&](const Tile& p, const Tile& q) {
    return c.rounds ? rounded(p * q) : p * q;
  };
  Tile result = zeros(x.dtype(), {columns});
  switch (c.form) {
    case Form::difference:
      result = product(a, a) - product(b, b);
      break;
    case Form::with_factor:
      result = a + product(a, b);
      break;
    case Form::over_axis:
      result = sum(product(a, b).reshape({1, columns}), 1).reshape({1}).expand({columns});
      break;
    case Form::combination:
      result = scan({a, b}, 0, [&](auto l, auto r) {
        return std::array{product(l[0], r[0]), product(l[1], r[0]) + r[1]};
      })[1];
      break;
    default:
      for (auto j : range(0, 3)) result = result + product(a, b + j.to(x.dtype()));
      break;
  }
  z.tiles({columns}).store(result, {i});
}
const auto forms_kernel = kernel("forms_fwd", forms_fwd, {"x", "y", "z"})
                              .field("form", &Cfg::form)
                              .field("rounds", &Cfg::rounds)
                              .field("warps", &Cfg::warps);

class FusedProducts : public KernelTest {
 protected:
  /// 1 + k ulp: their products are not exact, their sums of a few are, before rounding.
  static std::vector<double> near_one(DType dtype, std::uint64_t seed) {
    std::vector<double> values;
    for (const std::int64_t k : random_integers(1, 1 << 20, columns, seed))
      values.push_back(1 + static_cast<double>(k) * (dtype == f32 ? 0x1p-23 : 0x1p-52));
    return values;
  }
  static std::size_t count(const std::string& text, const std::string& word) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++n;
    return n;
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, FusedProducts, ::testing::ValuesIn(kernel_targets()),
                         target_name);

TEST_P(FusedProducts, AreNotWhereTheyAreRounded) {
  for (const DType dtype : {f32, f64})
    for (int form = 0; form < static_cast<int>(Form::count); ++form) {
      const Tensor x = floats(dtype, {columns}, near_one(dtype, 1)),
                   z = filled(dtype, {columns}, 0);
      const Tensor y = floats(dtype, {columns}, near_one(dtype, 2));
      Cfg c{.form = static_cast<Form>(form)};
      EXPECT_GT(count(ptx_of(forms_kernel, c, x, y, z), "fma.rn"), 0u) << form;
      c.rounds = true;
      EXPECT_EQ(count(ptx_of(forms_kernel, c, x, y, z), "fma.rn"), 0u) << form;
      launch(forms_kernel, c, x, y, z);
    }
}

TEST_P(FusedProducts, DifferByWhatRoundingTakes) {
  for (const DType dtype : {f32, f64}) {
    const std::vector<double> a = near_one(dtype, 1);
    const Tensor x = floats(dtype, {columns}, a), z = filled(dtype, {columns}, 7);
    std::vector<double> taken;
    for (const double v : a)
      taken.push_back(dtype == f32 ? v * v - rounded(f32, {v * v})[0] : std::fma(v, v, -(v * v)));
    launch(forms_kernel, Cfg{}, x, x, z);
    expect_floats(z, taken);
    launch(forms_kernel, Cfg{.rounds = true}, x, x, z);
    expect_floats(z, std::vector<double>(columns, 0));
  }
}

/// Rounded, every product and every sum is the host's.
TEST_P(FusedProducts, RoundedAreTheHosts) {
  for (const DType dtype : {f16, bf16, f32, f64}) {
    const std::vector<double> a = random_floats(dtype, columns, 3);
    const std::vector<double> b = random_floats(dtype, columns, 4);
    const auto round = [&](double v) { return rounded(dtype, {v})[0]; };
    std::vector<double> sums, carried(columns, 0);
    for (int k = 0; k < columns; ++k) {
      sums.push_back(round(a[k] + round(a[k] * b[k])));
      for (int j = 0; j < 3; ++j)
        carried[k] = round(carried[k] + round(a[k] * round(b[k] + static_cast<double>(j))));
    }
    const Tensor x = floats(dtype, {columns}, a), y = floats(dtype, {columns}, b);
    const Tensor z = filled(dtype, {columns}, 7);
    launch(forms_kernel, Cfg{.form = Form::with_factor, .rounds = true}, x, y, z);
    expect_floats(z, sums);
    launch(forms_kernel, Cfg{.form = Form::carried, .rounds = true}, x, y, z);
    expect_floats(z, carried);
  }
}

}  // namespace
}  // namespace tegula::testing
