// Ops whose destination may be an input, on small shapes and with small pinned configs, where
// several threads hold each element: the same values as with a destination of its own, and no race.
#include <fmt/format.h>

#include "ops/reference/transfer.h"
#include "tegula/ops.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::download;

class OpsInPlace : public OpTest {
 protected:
  Tensor values(DType dtype, const Dims& shape, std::uint64_t seed) {
    return upload(stream, dtype, shape, normal_values(element_count(shape), seed));
  }
  /// Twice the op of copies of `inputs`: with a destination of its own, and in place of the input
  /// `which`.
  template <class Op>
  void compare(const char* what, const std::vector<Tensor>& inputs, std::size_t which, Op op) {
    SCOPED_TRACE(what);
    Tensor apart = stream.empty(inputs[which].dtype(), inputs[which].shape());
    op(inputs, apart.ref());
    op(inputs, inputs[which].ref());
    EXPECT_EQ(download(inputs[which]), download(apart));
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, OpsInPlace, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(OpsInPlace, Rotary) {
  for (const bool interleaved : {false, true})
    for (const auto& [positions, heads, pairs] :
         {std::tuple{1, 1, 1}, {2, 3, 2}, {5, 1, 3}, {3, 4, 16}, {16, 2, 4}, {1, 32, 8}})
      for (const DType dtype : {DType::f32, DType::bf16}) {
        SCOPED_TRACE(fmt::format("{} positions {} heads {} pairs {} interleaved {}", positions,
                                 heads, pairs, dtype_name(dtype), interleaved));
        const Tensor cosine = values(DType::f32, {positions, pairs}, 2);
        const Tensor sine = values(DType::f32, {positions, pairs}, 3);
        compare("rotary", {values(dtype, {1, positions, heads, 2 * pairs + 1}, 1)}, 0,
                [&](const std::vector<Tensor>& x, const TensorRef& out) {
                  ops::rotary(stream, x[0], cosine, sine, {.interleaved = interleaved, .out = out});
                });
      }
}

TEST_P(OpsInPlace, SmallConfigs) {
  for (const auto& [rows, n] : {std::pair{1, 1}, {3, 5}, {4, 64}, {5, 300}})
    for (const ops::RowConfig& config :
         {ops::RowConfig{1, 1, 4}, {1, 8, 2}, {2, 32, 4}, {4, 16, 1}, {1, 512, 8}}) {
      if (config.rows * config.bn * 16 < rows * n) continue;
      SCOPED_TRACE(fmt::format("{} x {}, rows {} bn {} warps {}", rows, n, config.rows, config.bn,
                               config.warps));
      const Dims shape = {rows, n};
      const ops::DropoutOptions drops = {
          .dropout_p = 0.5F, .rng = ops::RngState{.seed = 7}, .config = config};
      const auto make = [&](std::uint64_t seed) { return values(DType::f32, shape, seed); };
      using Inputs = std::vector<Tensor>;
      compare("dropout", {make(1)}, 0, [&](const Inputs& in, const TensorRef& out) {
        ops::DropoutOptions options = drops;
        options.out = out;
        ops::dropout(stream, in[0], options);
      });
      compare("dropout_bwd", {make(1)}, 0, [&](const Inputs& in, const TensorRef& out) {
        ops::DropoutOptions options = drops;
        options.out = out;
        ops::dropout_bwd(stream, in[0], options);
      });
      for (const std::size_t which : {0, 1})
        compare("swiglu", {make(1), make(2)}, which, [&](const Inputs& in, const TensorRef& out) {
          ops::swiglu(stream, in[0], in[1], {.out = out, .config = config});
        });
      const Tensor dy = make(3), db = make(4);
      compare("swiglu_bwd: da", {make(1), make(2)}, 0, [&](const Inputs& in, const TensorRef& out) {
        ops::swiglu_bwd(stream, dy, in[0], in[1], {.da = out, .db = db, .config = config});
      });
      compare("swiglu_bwd: db", {make(1), make(2)}, 1, [&](const Inputs& in, const TensorRef& out) {
        ops::swiglu_bwd(stream, dy, in[0], in[1], {.da = db, .db = out, .config = config});
      });
      std::vector<double> classes;
      for (int r = 0; r < rows; ++r) classes.push_back(r % n);
      const Tensor target = upload(stream, DType::i64, {rows}, classes);
      const Tensor dloss = values(DType::f32, {rows}, 5), lse = values(DType::f32, {rows}, 6);
      compare("cross_entropy_bwd", {make(1)}, 0, [&](const Inputs& in, const TensorRef& out) {
        ops::cross_entropy_bwd(stream, dloss, in[0], lse, target, {.out = out, .config = config});
      });
    }
}

/// Both gradients of swiglu in place, of halves of one matrix.
TEST_P(OpsInPlace, HalvesOfOneMatrix) {
  const Tensor both = values(DType::f32, {5, 24}, 1), dy = values(DType::f32, {5, 12}, 2);
  TensorRef a = both, b = both;
  a.shape = b.shape = {5, 12};
  b.data = static_cast<std::byte*>(b.data) + 12 * 4;
  const auto [da, db] = ops::swiglu_bwd(stream, dy, a, b);
  ops::swiglu_bwd(stream, dy, a, b, {.da = a, .db = b});
  const std::vector<double> got = download(both), first = download(da), second = download(db);
  for (std::size_t r = 0; r < 5; ++r)
    for (std::size_t k = 0; k < 12; ++k) {
      EXPECT_EQ(got[24 * r + k], first[12 * r + k]);
      EXPECT_EQ(got[24 * r + 12 + k], second[12 * r + k]);
    }
}

}  // namespace
}  // namespace tegula::testing
