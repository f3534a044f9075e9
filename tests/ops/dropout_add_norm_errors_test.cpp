// Misuse of the dropout_add_* functions and of their gradients.
#include "tegula/ops/dropout_add_norm.h"

#include <cmath>

#include "tests/ops/op_harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::ops {
namespace {

using tegula::testing::expect_error;
using tegula::testing::upload;
constexpr auto invalid = ErrorCode::invalid_argument;

/// On the simulator: subsets are read back.
class DropoutAddNormErrors : public tegula::testing::OpTest {
 protected:
  Tensor filled(DType dtype, const Dims& shape) {
    return upload(stream, dtype, shape,
                  std::vector<double>(static_cast<std::size_t>(element_count(shape)), 1));
  }
  Tensor map(const std::vector<double>& rows) {
    return upload(stream, DType::i32, {static_cast<std::int64_t>(rows.size())}, rows);
  }
  Tensor x_ = filled(DType::bf16, {6, 32}), weight_ = filled(DType::bf16, {32});
  Tensor rstd_ = filled(DType::f32, {6});
  TensorRef x0 = x_, weight = weight_, bias, residual;

  void expect(std::initializer_list<const char*> parts, DropoutAddNormOptions options = {}) {
    options.residual = residual;
    options.bias = bias;
    expect_error(invalid, parts, [&] { dropout_add_rms_norm(stream, x0, weight, options); });
    EXPECT_EQ(device->counters().blocks, 0U);
  }
  void expect_subset(std::initializer_list<const char*> parts,
                     DropoutAddNormSubsetOptions options) {
    options.residual = residual;
    options.bias = bias;
    expect_error(invalid, parts,
                 [&] { dropout_add_layer_norm_subset(stream, x0, weight, options); });
    EXPECT_EQ(device->counters().blocks, 0U);
  }
  void expect_subset_bwd(std::initializer_list<const char*> parts, const TensorRef& dy,
                         const TensorRef& s, const NormSubset& subset,
                         const DropoutAddNormBwdOptions& options) {
    expect_error(invalid, parts, [&] {
      dropout_add_rms_norm_subset_bwd(stream, dy, s, rstd_, weight, subset, options);
    });
    EXPECT_EQ(device->counters().blocks, 0U);
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, DropoutAddNormErrors, ::testing::Values("sim:sm_90a"),
                         tegula::testing::target_name);

// By the names of these functions' own signatures.
TEST_P(DropoutAddNormErrors, Arguments) {
  expect({"dropout_add_rms_norm: error: epsilon: out of range", "got 0"}, {.epsilon = 0});
  expect({"dropout_add_rms_norm: error: dropout_p: out of range", "got 1"}, {.dropout_p = 1});
  expect({"dropout_p: so near 1 that nothing would be kept"}, {.dropout_p = 1 - 0x1p-18F});
  expect({"rng: dropout needs random numbers"}, {.dropout_p = 0.5F});
  expect({"rowscale: wrong number of elements"}, {.rowscale = weight});
  const Tensor narrow = filled(DType::bf16, {31}), other = filled(DType::bf16, {5, 32});
  expect({"layerscale: wrong shape", "got 31"}, {.layerscale = narrow});
  bias = narrow;
  expect({"bias: wrong shape", "got 31"});
  bias = {};
  residual = other;
  expect({"residual: wrong shape", "got 5x32"});
  residual = {};
  expect({"out: the destination overlaps x", "out"}, {.out = x0});
  x0.dtype = DType::u8;
  expect({"dropout_add_rms_norm: error: x0: wrong dtype", "got u8"});
  x0 = {};
  expect({"x0: the tensor is absent"});
}

TEST_P(DropoutAddNormErrors, Subsets) {
  const Tensor twice = map({1, 2, 3, 4, 5, 6, 6}), far = map({1, 2, 3, 4, 5, 7, 0});
  const Tensor below = map({1, 2, 3, -4, 5, 6}), few = map({1, 2, 3, 0, 5, 6});
  expect_subset(
      {"dropout_add_layer_norm_subset: error: x0_subset: a row is named twice", "got 6 at 6 again"},
      {.x0_subset = twice});
  expect_subset({"x0_subset: a row number is out of range", "got 7 at 5", "1 to 6, the rows of x0"},
                {.x0_subset = far});
  expect_subset({"x0_subset: a row number is out of range", "got -4 at 3"}, {.x0_subset = below});
  expect_subset({"x0_subset: a row is not named", "no 4"}, {.x0_subset = few});
  expect_subset({"out_subset: a row number is out of range", "got 5 at 4", "1 to 4, the rows of y"},
                {.out_subset = few, .out_numrows = 4});
  expect_subset({"out_subset: wrong shape", "got 7", "6, an element for each row"},
                {.out_subset = far, .out_numrows = 6});
  expect_subset({"out_numrows: out of range", "got -1"}, {.out_subset = few, .out_numrows = -1});
  expect_subset({"rowscale_const: there is no subset", "got 2"}, {.rowscale_const = 2});
  expect_subset({"rowscale_const: out of range", "got inf"}, {.rowscale_const = INFINITY});
  const Tensor wide = filled(DType::i64, {6}), square = filled(DType::i32, {3, 2});
  expect_subset({"x0_subset: wrong dtype", "got i64"}, {.x0_subset = wide});
  expect_subset({"x0_subset: wrong rank", "got 3x2"}, {.x0_subset = square});
  residual = x_;
  const Tensor seven = map({1, 2, 3, 4, 5, 6, 0});
  expect_subset({"residual: wrong shape", "got 6x32", "7x32"}, {.x0_subset = seven});
}

TEST_P(DropoutAddNormErrors, Parallel) {
  const auto expect_parallel = [&](std::initializer_list<const char*> parts,
                                   const DropoutAddNormParallelOptions& options) {
    expect_error(invalid, parts,
                 [&] { dropout_add_rms_norm_parallel_residual(stream, x0, weight, options); });
  };
  const Tensor narrow = filled(DType::bf16, {31}), other = filled(DType::bf16, {5, 32});
  expect_parallel({"dropout_add_rms_norm_parallel_residual: error: x1: wrong shape", "got 5x32"},
                  {.x1 = other});
  expect_parallel({"weight1: wrong shape"}, {.weight1 = narrow});
  expect_parallel({"bias1: there is no second result"}, {.bias1 = weight});
  weight = narrow;
  expect_parallel({"weight0: wrong shape", "got 31"}, {});
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(DropoutAddNormErrors, Gradients) {
  const auto expect_bwd = [&](std::initializer_list<const char*> parts,
                              const DropoutAddNormBwdOptions& options) {
    expect_error(invalid, parts,
                 [&] { dropout_add_rms_norm_bwd(stream, x0, x_, rstd_, weight, options); });
  };
  expect_bwd({"dropout_add_rms_norm_bwd: error: x0: the tensor is absent"}, {.layerscale = weight});
  const Tensor other = filled(DType::bf16, {5, 32});
  expect_bwd({"x0: wrong shape", "got 5x32", "the shape of s"},
             {.layerscale = weight, .x0 = other});
  expect_bwd({"dx0: the destination overlaps dy"}, {.dx0 = x0});
  expect_bwd({"rng: dropout needs random numbers"}, {.dropout_p = 0.5F});
  expect_bwd({"dx0: wrong shape", "got 5x32"}, {.dx0 = other});

  const Tensor maps = map({1, 2, 3, 4, 5, 0}), bad = map({1, 2, 3, 4, 5, 6});
  expect_subset_bwd({"x0: the tensor is absent"}, x0, x_, {.x0_subset = maps}, {});
  expect_subset_bwd({"x0_subset: a row number is out of range", "got 6 at 5"}, x0, x_,
                    {.x0_subset = bad}, {.x0 = other});
  expect_subset_bwd({"out_subset: a row number is out of range", "got 6 at 5"}, other, x_,
                    {.out_subset = bad}, {.x0 = x_});
  expect_subset_bwd({"x0: wrong shape", "got 5x32", "the shape of s"}, x0, x_, {.out_subset = maps},
                    {.x0 = other});
  expect_subset_bwd({"rowscale: a subset has no rowscale"}, x0, x_, {.x0_subset = maps},
                    {.rowscale = rstd_, .x0 = other});
}

// What the reader of a message must not be told: names of another signature, or nothing at all.
TEST_P(DropoutAddNormErrors, WantedAsTheSignatureHasIt) {
  const Tensor narrow = filled(DType::bf16, {31}), other = filled(DType::bf16, {5, 32});
  bias = narrow;
  expect({"bias: wrong shape", "got 31", "wanted 32, the last extent of x0"});
  bias = {};
  residual = other;
  expect({"residual: wrong shape", "got 5x32", "the shape of x0"});
  residual = {};
  weight = {};
  expect({"weight: the tensor is absent", "32 elements of f32, f16 or bf16"});
  weight = weight_;
  expect_subset({"out_numrows: without out_subset", "got 5", "0 or 6, or out_subset too"},
                {.out_numrows = 5});
  const auto parallel_bwd = [&](std::initializer_list<const char*> parts,
                                const NormBwdOptions& options) {
    expect_error(invalid, parts, [&] {
      dropout_add_rms_norm_parallel_residual_bwd(stream, x0, x_, rstd_, weight, options);
    });
  };
  parallel_bwd({"rowscale: the parallel forward has none"}, {.rowscale = rstd_});
  parallel_bwd({"zero_centered_weight: the parallel forward has none"},
               {.zero_centered_weight = true});
  parallel_bwd({"rng: dropout needs", "the state that its forward took"}, {.dropout_p = 0.5F});
  expect_error(invalid, {"mean: the tensor is absent", "wanted 6:f32, what the forward gave"},
               [&] { layer_norm_fn_bwd(stream, x0, x_, rstd_, weight); });
}

// However many rows y is said to have: nothing is made of that number before it is looked at.
TEST_P(DropoutAddNormErrors, SubsetsThatCannotBe) {
  const Tensor maps = map({1, 2, 3, 4, 5, 6});
  expect_subset({"out_subset: too few rows to name each", "got 6", "at least 9000000000000000"},
                {.out_subset = maps, .out_numrows = 9'000'000'000'000'000});
  const Tensor wide = map({1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0});
  TensorRef strided = wide;
  strided.shape = {6};
  strided.strides = {2};
  for (const bool valid : {false, true})
    expect_subset({"x0_subset: the last dimension is not contiguous"},
                  {.x0_subset = strided, .subsets_are_valid = valid});
}

// A promise that is kept saves the reading; one that is broken is the kernel's fault.
TEST_P(DropoutAddNormErrors, PromisedSubsets) {
  const Tensor maps = map({1, 0, 2, 3, 4, 5, 6, 0});
  DropoutAddNormSubsetOptions options;
  options.x0_subset = maps;
  const NormOut checked = dropout_add_rms_norm_subset(stream, x0, weight, options);
  options.subsets_are_valid = true;
  const NormOut promised = dropout_add_rms_norm_subset(stream, x0, weight, options);
  EXPECT_TRUE(promised.y.shape() == checked.y.shape());
  const Tensor far = map({1, 7});
  options.x0_subset = far;
  expect_error(ErrorCode::device_fault, {"x"}, [&] {
    dropout_add_rms_norm_subset(stream, x0, weight, options);
    stream.synchronize();
  });
  device->reset_statistics();
}

}  // namespace
}  // namespace tegula::ops
