// Views at the edges: tiles outside the tensor in every dimension, padding, negative coordinates,
// odd extents, empty tensors, ranks 0 to 4, misaligned pointers.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int rank = 2;
  int b0 = 4, b1 = 8;  ///< the inner two extents of the tile
  int warps = 1;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("rank", &Cfg::rank)
      .field("b0", &Cfg::b0)
      .field("b1", &Cfg::b1)
      .field("warps", &Cfg::warps);
}

class Views : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Views, ::testing::ValuesIn(kernel_targets()), target_name);

/// Copies a tensor of rank 0 to 4, adding 1.
void copy_fwd(const Cfg& c, In x, Out y) {
  if (c.rank == 0) {
    auto [one] = grid({1});
    y.tiles({}).store(x.tiles({}).load({}) + 1, {});
  } else if (c.rank == 1) {
    auto [i] = grid({cdiv(x.dim(0), c.b1)});
    y.tiles({c.b1}).store(x.tiles({c.b1}).load({i}) + 1, {i});
  } else if (c.rank == 2) {
    auto [i, j] = grid({cdiv(x.dim(0), c.b0), cdiv(x.dim(1), c.b1)});
    const Dims tile = {c.b0, c.b1};
    y.tiles(tile).store(x.tiles(tile).load({i, j}) + 1, {i, j});
  } else if (c.rank == 3) {
    auto [i, j, k] = grid({cdiv(x.dim(0), 2), cdiv(x.dim(1), c.b0), cdiv(x.dim(2), c.b1)});
    const Dims tile = {2, c.b0, c.b1};
    y.tiles(tile).store(x.tiles(tile).load({i, j, k}) + 1, {i, j, k});
  } else {
    auto [i, j, k] = grid({cdiv(x.dim(0), 2), x.dim(1), cdiv(x.dim(2), c.b0)});
    const Dims tile = {2, 1, c.b0, c.b1};
    for (auto l : range(0, cdiv(x.dim(3), c.b1)))
      y.tiles(tile).store(x.tiles(tile).load({i, j, k, l}) + 1, {i, j, k, l});
  }
}
const auto copy = with_fields(kernel("copy_fwd", copy_fwd, {"x", "y"}));
const auto copy_known = with_fields(kernel("copy_known", copy_fwd, {"x", "y"}))
                            .specialise_dim("x", -1)
                            .specialise_dim("y", -1);

TEST_P(Views, EveryRankAndOddExtents) {
  const std::pair<int, Dims> cases[] = {
      {0, {}},        {1, {1}},          {1, {37}},         {1, {64}},
      {2, {5, 13}},   {2, {8, 16}},      {2, {77, 1}},      {2, {1, 77}},
      {2, {12, 1}},   {3, {3, 5, 9}},    {3, {4, 4, 16}},   {3, {1, 1, 1}},
      {3, {7, 1, 1}}, {4, {3, 2, 5, 9}}, {4, {2, 1, 4, 8}}, {4, {5, 3, 1, 1}},
  };
  for (const auto& [rank, shape] : cases)
    for (const DType dtype : {i8, f16, f32, i64})
      for (const bool known : {false, true})
        for (const auto& [b0, b1] : {std::pair{4, 8}, {64, 1}, {1, 16}}) {
          if (assembles() && dtype != f16) continue;
          SCOPED_TRACE(to_string(shape) + " " + std::string(dtype_name(dtype)) + " tile " +
                       std::to_string(b0) + "x" + std::to_string(b1) + (known ? " known" : ""));
          const auto x = random_integers(-100, 100, element_count(shape));
          std::vector<std::int64_t> wanted = x;
          for (auto& v : wanted) v += 1;
          const std::vector<double> reals(x.begin(), x.end());
          const Tensor in =
              is_float(dtype) ? floats(dtype, shape, reals) : integers(dtype, shape, x);
          // One more element behind the tensor, which must stay as it is.
          Dims longer = {element_count(shape) + 1};
          const Tensor storage = filled(dtype, longer, 55);
          TensorRef out = contiguous(storage.data(), dtype, shape, *stream.device());
          const Cfg c{rank, b0, b1, 2};
          if (known && rank > 0)
            launch(copy_known, c, in, out);
          else
            launch(copy, c, in, out);
          wanted.push_back(55);
          if (is_float(dtype))
            expect_floats(storage, std::vector<double>(wanted.begin(), wanted.end()));
          else
            expect_integers(storage, wanted);
        }
}

TEST_P(Views, MisalignedPointers) {
  for (const DType dtype : {f16, f32, i8, f64})
    for (const std::int64_t shift : {0, 1, 2, 4}) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " by " + std::to_string(shift));
      const auto bytes = shift * dtype_bytes(dtype);
      const Tensor in = filled(dtype, {200}, 3), storage = filled(dtype, {200}, 0);
      const auto at = [&](const Tensor& t) {
        return contiguous(static_cast<std::byte*>(t.data()) + bytes, dtype, {9, 16},
                          *stream.device());
      };
      launch(copy_known, Cfg{}, at(in), at(storage));
      std::vector<double> wanted(200, 0);
      for (std::int64_t k = shift; k < shift + 144; ++k) wanted[static_cast<std::size_t>(k)] = 4;
      if (is_float(dtype))
        expect_floats(storage, wanted);
      else
        expect_integers(storage, std::vector<std::int64_t>(wanted.begin(), wanted.end()));
    }
}

TEST_P(Views, EmptyTensorsLaunchNothing) {
  for (const auto& shape : {Dims{0, 16}, Dims{16, 0}, Dims{0, 0}}) {
    const TensorRef nothing = contiguous(nullptr, f32, shape, *stream.device());
    launch(copy, Cfg{}, nothing, nothing);
    launch(copy_known, Cfg{}, nothing, nothing);
  }
}

/// Every tile around the tensor as well: what is outside loads as the pad value, and stores there
/// are dropped.
void around_fwd(const Cfg& c, I32 di, I32 dj, In x, Out seen, InOut y) {
  auto [i, j] = grid({1, 1});
  const Dims tile = {c.b0, c.b1};
  Tile t = x.tiles(tile).pad(-7).load({i + di, j + dj});
  seen.tiles(tile).store(t, {0, 0});
  y.tiles(tile).store(t * 0 + 1, {i + di, j + dj});
}
const auto around = with_fields(kernel("around_fwd", around_fwd, {"di", "dj", "x", "seen", "y"}));

TEST_P(Views, TilesOutsideTheTensorPadAndDrop) {
  constexpr int m = 6, n = 19;
  for (const DType dtype : {i8, i32, u64, f16, f64}) {
    if (assembles() && dtype != i8) continue;
    if (dtype == u64) continue;  // it holds no -7
    const auto x = random_integers(0, 100, m * n);
    const std::vector<double> reals(x.begin(), x.end());
    const Tensor in = is_float(dtype) ? floats(dtype, {m, n}, reals) : integers(dtype, {m, n}, x);
    for (const int di : {-1000000, -2, -1, 0, 1, 2, 1000000})
      for (const int dj : {-100000000, -1, 0, 2, 3, 100000000}) {
        SCOPED_TRACE(std::string(dtype_name(dtype)) + " at " + std::to_string(di) + ", " +
                     std::to_string(dj));
        const Tensor seen = filled(dtype, {4, 8}, 0), y = filled(dtype, {m, n}, 0);
        launch(around, Cfg{}, di, dj, in, seen, y);
        std::vector<double> wanted_seen, wanted_y(m * n, 0);
        for (std::int64_t r = std::int64_t{di} * 4; r < std::int64_t{di} * 4 + 4; ++r)
          for (std::int64_t k = std::int64_t{dj} * 8; k < std::int64_t{dj} * 8 + 8; ++k) {
            const bool inside = r >= 0 && r < m && k >= 0 && k < n;
            const auto e = static_cast<std::size_t>(inside ? r * n + k : 0);
            wanted_seen.push_back(inside ? reals[e] : -7);
            if (inside) wanted_y[e] = 1;
          }
        if (is_float(dtype)) {
          expect_floats(seen, wanted_seen), expect_floats(y, wanted_y);
        } else {
          const auto whole = [](const auto& v) {
            return std::vector<std::int64_t>(v.begin(), v.end());
          };
          expect_integers(seen, whole(wanted_seen)), expect_integers(y, whole(wanted_y));
        }
      }
  }
}

}  // namespace
}  // namespace tegula::testing
