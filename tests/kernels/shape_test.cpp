// Shapes: broadcast in each direction, squeeze, unsqueeze, reshape, expand, iota, full, scalars.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int which = 0;
  int warps = 1;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("which", &Cfg::which).field("warps", &Cfg::warps);
}

class Shapes : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Shapes, ::testing::ValuesIn(kernel_targets()), target_name);

/// A row, a column, a scalar, a 3-d tile against others, on either side of the operator.
void broadcast_fwd(const Cfg& c, In row, In column, In x, Out y) {
  auto [one] = grid({1});
  Tile r = row.tiles({16}).load({0}), k = column.tiles({8, 1}).load({0, 0}),
       t = x.tiles({4, 8, 16}).load({0, 0, 0});
  Tile result = t - r;
  if (c.which == 1) result = k - t;
  if (c.which == 2) result = t + (k - r);
  if (c.which == 3) result = r.expand({8, 16}) * k + t;
  if (c.which == 4) result = (r + k).expand({4, 8, 16}) + t * 0.5;
  if (c.which == 5) result = select(r > k, t, k);
  y.tiles({4, 8, 16}).store(result, {0, 0, 0});
}
const auto broadcast = with_fields(kernel("broadcast_fwd", broadcast_fwd, {"r", "k", "x", "y"}));

TEST_P(Shapes, Broadcast) {
  const auto r = random_integers(-8, 8, 16, 1), k = random_integers(-8, 8, 8, 2),
             t = random_integers(-8, 8, 512, 3);
  const auto tensor = [&](const Dims& shape, const std::vector<std::int64_t>& v) {
    return floats(f32, shape, std::vector<double>(v.begin(), v.end()));
  };
  for (int which = 0; which < 6; ++which)
    for (const int warps : {1, 4, 16}) {
      SCOPED_TRACE(std::to_string(which) + " warps " + std::to_string(warps));
      std::vector<double> wanted;
      for (std::size_t e = 0; e < 512; ++e) {
        const auto x = static_cast<double>(t[e]), a = static_cast<double>(r[e % 16]),
                   b = static_cast<double>(k[e / 16 % 8]);
        const double results[] = {x - a,     b - x,         x + (b - a),
                                  a * b + x, a + b + x / 2, a > b ? x : b};
        wanted.push_back(results[which]);
      }
      const Tensor out = stream.empty(f32, {4, 8, 16});
      launch(broadcast, Cfg{which, warps}, tensor({16}, r), tensor({8, 1}, k),
             tensor({4, 8, 16}, t), out);
      expect_floats(out, wanted);
    }
}

/// Reshapes keep row-major order, whatever layout their neighbours want.
void reshape_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  Tile t = x.tiles({8, 64}).load({0, 0});
  Tile flat = t.reshape({512}) + iota(i32, 512);
  if (c.which == 1) flat = t.reshape({2, 4, 64}).reshape({64, 8}).reshape({512});
  if (c.which == 2) flat = (t.reshape({64, 8}) + iota(8)).reshape({512});
  if (c.which == 3) flat = t.unsqueeze(0).unsqueeze(-1).squeeze().reshape({512});
  if (c.which == 4) flat = t.unsqueeze(1).expand({8, 1, 64}).reshape({4, 128}).reshape({512});
  if (c.which == 5) flat = (t.reshape({512, 1}) + iota(512).reshape({512, 1})).squeeze();
  y.tiles({512}).store(flat, {0});
}
const auto reshape = with_fields(kernel("reshape_fwd", reshape_fwd, {"x", "y"}));

TEST_P(Shapes, Reshape) {
  const auto x = random_integers(-1000, 1000, 512);
  for (int which = 0; which < 6; ++which)
    for (const int warps : {1, 2, 8}) {
      SCOPED_TRACE(std::to_string(which) + " warps " + std::to_string(warps));
      std::vector<std::int64_t> wanted = x;
      for (std::int64_t e = 0; e < 512; ++e) {
        if (which == 0 || which == 5) wanted[static_cast<std::size_t>(e)] += e;
        if (which == 2) wanted[static_cast<std::size_t>(e)] += e % 8;
      }
      const Tensor out = stream.empty(i32, {512});
      launch(reshape, Cfg{which, warps}, integers(i32, {8, 64}, x), out);
      expect_integers(out, wanted);
    }
}

/// Scalar parameters of every type, literals, full, and scalars out of tiles.
void scalars_fwd(const Cfg&, F32 a, F64 b, I32 c, I64 d, U32 e, U64 f, In x, Out floats_out,
                 Out integers_out) {
  auto [one] = grid({1});
  Tile t = x.tiles({1}).load({0}).squeeze();  // a scalar out of memory
  Tile sum = full(f64, {8}, b) + a.to(f64) + 0.25 + t.to(f64) * 2.0f;
  floats_out.tiles({8}).store(sum, {0});
  Tile total = full(i64, {8}, d) + c.to(i64) + e.to(i64) + f.to(i64) + 7;
  integers_out.tiles({8}).store(total * iota(i64, 8), {0});
}
const auto scalars =
    with_fields(kernel("scalars_fwd", scalars_fwd, {"a", "b", "c", "d", "e", "f", "x", "y", "z"}));

TEST_P(Shapes, ScalarParametersAndLiterals) {
  const Tensor y = stream.empty(f64, {8}), z = stream.empty(i64, {8});
  launch(scalars, Cfg{}, 1.5F, -3e100, -5, std::int64_t{1} << 40, 0xffffffffU, ~std::uint64_t{0},
         floats(f32, {1}, {10.0}), y, z);
  expect_floats(y, std::vector<double>(8, -3e100 + 1.5 + 0.25 + 20.0));
  std::vector<std::int64_t> wanted;
  for (std::int64_t k = 0; k < 8; ++k)
    wanted.push_back(((std::int64_t{1} << 40) - 5 + 0xffffffffLL - 1 + 7) * k);
  expect_integers(z, wanted);
}

void iota_fwd(const Cfg&, Out y) {
  auto [one] = grid({1});
  y.tiles({64}).store(iota(y.dtype(), 64) * 2 - 3, {0});
}
const auto iota_kernel = with_fields(kernel("iota_fwd", iota_fwd, {"y"}));

TEST_P(Shapes, Iota) {
  for (const DType dtype : {i8, i64, u16, f16, f32}) {
    const Tensor out = stream.empty(dtype, {64});
    launch(iota_kernel, Cfg{.warps = 4}, out);
    std::vector<std::int64_t> wanted;
    for (std::int64_t k = 0; k < 64; ++k)
      wanted.push_back(is_float(dtype) ? k * 2 - 3 : wrapped(dtype, k * 2 - 3));
    if (is_float(dtype))
      expect_floats(out, std::vector<double>(wanted.begin(), wanted.end()));
    else
      expect_integers(out, wanted);
  }
}

}  // namespace
}  // namespace tegula::testing
