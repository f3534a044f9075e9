// Strides: padded rows, stride 0, gaps between elements, transposed views, offsets beyond 2^31.
#include "tests/kernels/harness.h"
#include "tests/support/far_memory.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bm = 8, bn = 16;
  int warps = 1;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bm", &Cfg::bm).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

/// y = 2 x, both by their own strides.
void twice_fwd(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m, n});
  auto [i, j] = grid({cdiv(m, c.bm), cdiv(n, c.bn)});
  const Dims tile = {c.bm, c.bn};
  y.tiles(tile).store(x.tiles(tile).load({i, j}) * 2, {i, j});
}
const auto twice = with_fields(kernel("twice_fwd", twice_fwd, {"x", "y"}));
const auto twice_known = with_fields(kernel("twice_known", twice_fwd, {"x", "y"}))
                             .specialise_dim("x", 1)
                             .specialise_dim("y", 1);
const auto twice_all = with_fields(kernel("twice_all", twice_fwd, {"x", "y"}))
                           .specialise_dim("x", 0)
                           .specialise_dim("x", 1)
                           .specialise_dim("y", 0)
                           .specialise_dim("y", 1);

class Strides : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Strides, ::testing::ValuesIn(kernel_targets()), target_name);

struct Pitch {
  std::int64_t row, column;
};

TEST_P(Strides, EveryPairOfStrides) {
  const Dims shapes[] = {{13, 21}, {16, 32}, {1, 40}, {40, 1}};
  for (const DType dtype : {i16, f32})
    for (const Dims& shape : shapes) {
      const std::int64_t m = shape[0], n = shape[1];
      const Pitch pitches[] = {{n, 1},     {n + 3, 1}, {48, 1}, {2 * n, 2}, {1, m},
                               {1, m + 8}, {0, 1},     {1, 0},  {0, 0}};
      for (const Pitch& in : pitches)
        for (const Pitch& out : pitches) {
          if (out.row == 0 || out.column == 0) continue;  // stores that overlap
          for (const Cfg& c : {Cfg{8, 16, 1}, Cfg{1, 64, 2}, Cfg{64, 1, 2}}) {
            if (assembles() && (dtype != f32 || c.bm != 8 || out.column != 1 || m != 13)) continue;
            SCOPED_TRACE(to_string(shape) + " strides " + std::to_string(in.row) + ", " +
                         std::to_string(in.column) + " to " + std::to_string(out.row) + ", " +
                         std::to_string(out.column) + " tile " + std::to_string(c.bm) + "x" +
                         std::to_string(c.bn));
            const std::int64_t size = 4096;
            const auto source = random_integers(-100, 100, size);
            const std::vector<double> reals(source.begin(), source.end());
            const Tensor from =
                dtype == f32 ? floats(dtype, {size}, reals) : integers(dtype, {size}, source);
            std::vector<std::int64_t> wanted(static_cast<std::size_t>(size), 5);
            for (std::int64_t r = 0; r < m; ++r)
              for (std::int64_t k = 0; k < n; ++k)
                wanted[static_cast<std::size_t>(r * out.row + k * out.column)] =
                    2 * source[static_cast<std::size_t>(r * in.row + k * in.column)];
            const TensorRef x{
                from.data(), dtype, shape, {in.row, in.column}, stream.device().get()};
            for (const auto* which : {&twice, &twice_known, &twice_all}) {
              const Tensor to = filled(dtype, {size}, 5);
              launch(
                  *which, c, x,
                  TensorRef{to.data(), dtype, shape, {out.row, out.column}, stream.device().get()});
              if (dtype == f32)
                expect_floats(to, std::vector<double>(wanted.begin(), wanted.end()));
              else
                expect_integers(to, wanted);
            }
          }
        }
    }
}

TEST_P(Strides, OffsetsBeyond31Bits) {
  // Rows of 16 floats, 2^31 + 64 elements apart; then the same as columns.
  const std::int64_t pitch = (std::int64_t{1} << 31) + 64;
  const FarMemory memory(stream, on_gpu(), static_cast<std::size_t>(pitch * 4 * 3));
  if (!memory.ok()) GTEST_SKIP() << "SKIP: no 25 GiB of addresses, or of a GPU's memory";
  for (std::int64_t r = 0; r < 3; ++r)
    for (std::int64_t k = 0; k < 16; ++k)
      memory.write((r * pitch + k) * 4, static_cast<float>(r * 16 + k));
  std::vector<double> wanted, transposed;
  for (int r = 0; r < 3; ++r)
    for (int k = 0; k < 16; ++k) wanted.push_back(2 * (r * 16 + k));
  for (int k = 0; k < 16; ++k)
    for (int r = 0; r < 3; ++r) transposed.push_back(2 * (r * 16 + k));
  for (const auto* which : {&twice, &twice_known, &twice_all})
    for (const Cfg& c : {Cfg{4, 16, 1}, Cfg{1, 16, 1}}) {
      const Tensor out = stream.empty(f32, {3, 16}), flipped = stream.empty(f32, {16, 3});
      launch(*which, c, TensorRef{memory.at(0), f32, {3, 16}, {pitch, 1}, stream.device().get()},
             out);
      expect_floats(out, wanted);
      launch(*which, c, TensorRef{memory.at(0), f32, {16, 3}, {1, pitch}, stream.device().get()},
             flipped);
      expect_floats(flipped, transposed);
      // And stores: over itself, halved again by reading the doubled.
      const TensorRef far{memory.at(16 * 4), f32, {3, 16}, {pitch, 1}, stream.device().get()};
      launch(*which, c, out, far);
      const Tensor back = stream.empty(f32, {3, 16});
      launch(*which, c, far, back);
      std::vector<double> eight = wanted;
      for (double& v : eight) v *= 4;
      expect_floats(back, eight);
    }
}

/// One tile of a tensor whose dense rows are constants of the kernel.
void corner_fwd(const Cfg& c, I32 j, In x, Out y) {
  auto [one] = grid({1});
  y.tiles({c.bm, c.bn}).store(x.tiles({c.bm, c.bn}).load({0, j}), {0, 0});
}
const auto corner = with_fields(kernel("corner_fwd", corner_fwd, {"j", "x", "y"}))
                        .specialise_dim("x", 0)
                        .specialise_dim("x", 1);

TEST_P(Strides, ConstantOffsetsBeyond31Bits) {
  const std::int64_t n = std::int64_t{1} << 29;  // 2 GiB a row
  const FarMemory memory(stream, on_gpu(), static_cast<std::size_t>(n * 4 * 9));
  if (!memory.ok()) GTEST_SKIP() << "SKIP: no 18 GiB of addresses, or of a GPU's memory";
  std::vector<double> wanted(static_cast<std::size_t>(16 * 64), 0);
  for (std::int64_t r = 0; r < 9; ++r)
    for (std::int64_t k = 0; k < 64; ++k) {
      const auto value = static_cast<float>(r * 64 + k);
      memory.write((r * n + n - 64 + k) * 4, value);
      wanted[static_cast<std::size_t>(r * 64 + k)] = value;
    }
  const Tensor out = stream.empty(f32, {16, 64});
  launch(corner, Cfg{16, 64, 1}, static_cast<std::int32_t>(n / 64 - 1),
         contiguous(memory.at(0), f32, {9, n}, *stream.device()), out);
  expect_floats(out, wanted);
}

}  // namespace
}  // namespace tegula::testing
