// sum along each axis of tiles of every kind, for every number of warps and every dtype.
#include <cmath>

#include "ops/reference/number_format.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int rank = 1, d0 = 1, d1 = 1, d2 = 1;  ///< the tile
  int axis = 0;
  int warps = 1;

  Dims shape() const {
    Dims dims = {d0};
    if (rank > 1) dims.push_back(d1);
    if (rank > 2) dims.push_back(d2);
    return dims;
  }
};

void sum_fwd(const Cfg& c, In x, Out y) {
  auto [one] = grid({1});
  const Dims tile = c.shape();
  Dims result = tile;
  result[static_cast<std::size_t>(c.axis)] = 1;
  const auto all = [&](const TensorParameter& p, const Dims& shape) {
    return p.tiles(shape).in_bounds();
  };
  if (c.rank == 1) all(y, result).store(sum(all(x, tile).load({one}), c.axis), {one});
  if (c.rank == 2) all(y, result).store(sum(all(x, tile).load({one, 0}), c.axis), {one, 0});
  if (c.rank == 3) all(y, result).store(sum(all(x, tile).load({one, 0, 0}), c.axis), {one, 0, 0});
}
const auto sum_kernel = kernel("sum_fwd", sum_fwd, {"x", "y"})
                            .field("rank", &Cfg::rank)
                            .field("d0", &Cfg::d0)
                            .field("d1", &Cfg::d1)
                            .field("d2", &Cfg::d2)
                            .field("axis", &Cfg::axis)
                            .field("warps", &Cfg::warps);

constexpr Cfg tiles[] = {{1, 1},     {1, 32},     {2, 1, 8},      {2, 64, 1},
                         {2, 8, 16}, {2, 4, 256}, {3, 16, 4, 32}, {2, 1, 8192}};

/// Row-major sums along an axis, each added up by `add`.
template <class T>
std::vector<T> sums(const std::vector<T>& x, const Dims& shape, int axis) {
  std::int64_t outer = 1, inner = 1;
  const auto at = static_cast<std::size_t>(axis);
  for (std::size_t d = 0; d < shape.size(); ++d) (d < at ? outer : inner) *= d == at ? 1 : shape[d];
  std::vector<T> result(static_cast<std::size_t>(outer * inner), 0);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < shape[at]; ++k)
      for (std::int64_t i = 0; i < inner; ++i)
        result[static_cast<std::size_t>(o * inner + i)] +=
            x[static_cast<std::size_t>((o * shape[at] + k) * inner + i)];
  return result;
}

class Sum : public KernelTest {
 protected:
  template <class Check>
  void for_each_case(DType dtype, Check check) {
    for (Cfg c : tiles)
      for (c.axis = 0; c.axis < c.rank; ++c.axis)
        for (const int warps : {1, 2, 4, 8, 16}) {
          // Assemblers see the ends of the range of warps.
          if (assembles() && warps != 1 && warps != 4) continue;
          c.warps = warps;
          SCOPED_TRACE(std::string(dtype_name(dtype)) + " " + to_string(c.shape()) + " axis " +
                       std::to_string(c.axis) + " warps " + std::to_string(warps));
          Dims result = c.shape();
          result[static_cast<std::size_t>(c.axis)] = 1;
          check(c, result);
        }
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, Sum, ::testing::ValuesIn(kernel_targets()), target_name);

TEST_P(Sum, Floats) {
  for (const DType dtype : {f16, bf16, f32, f64})
    for_each_case(dtype, [&](const Cfg& c, const Dims& result) {
      if (assembles() && dtype != f32 && c.d1 == 8192) return;
      const auto x = random_floats(dtype, element_count(c.shape()));
      const Tensor out = stream.empty(dtype, result);
      launch(sum_kernel, c, floats(dtype, c.shape(), x), out);
      // 16-bit floats accumulate in f32 and are rounded once.
      const double unit = dtype == f64 ? 0x1p-42 : 0x1p-19;
      const bool narrow = dtype_bits(dtype) == 16;
      expect_near(out, sums(x, c.shape(), c.axis), narrow ? reference::ulp(dtype, 0.51) : unit);
    });
}

TEST_P(Sum, Integers) {
  for (const DType dtype : {i8, u16, i32, i64})
    for_each_case(dtype, [&](const Cfg& c, const Dims& result) {
      if (assembles() && dtype != i32 && c.d1 == 8192) return;
      const auto x = random_integers(-1000000, 1000000, element_count(c.shape()));
      const Tensor out = stream.empty(dtype, result);
      launch(sum_kernel, c, integers(dtype, c.shape(), x), out);
      auto wanted = sums(x, c.shape(), c.axis);
      for (auto& v : wanted) v = wrapped(dtype, v);
      expect_integers(out, wanted);
    });
}

TEST_P(Sum, SixteenBitFloatsAccumulateInF32) {
  // 4096 ones and small numbers: f16 stops at 2048, bf16 at 256.
  for (const DType dtype : {f16, bf16}) {
    const std::vector<double> x(8192, 1.0);
    const Tensor out = stream.empty(dtype, {1, 1});
    launch(sum_kernel, Cfg{.rank = 2, .d0 = 1, .d1 = 8192, .axis = 1, .warps = 4},
           floats(dtype, {1, 8192}, x), out);
    expect_floats(out, {8192.0});
  }
}

}  // namespace
}  // namespace tegula::testing
