// Where the norms' tensors may lie: strided rows, leading dimensions, destinations, misaligned
// pointers, offsets beyond 31 bits.
#include <gtest/gtest.h>

#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"
#include "tests/ops/norm_case.h"
#include "tests/support/far_memory.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;

class NormMemory : public OpTest {
 protected:
  /// Every tensor that there is, one of them for each function.
  static NormCase everything(NormFunction function, const Dims& shape) {
    return {.function = function,
            .shape = shape,
            .x = DType::bf16,
            .weight = DType::f32,
            .bias = DType::bf16,
            .residual = DType::f32,
            .x1 = DType::f16,
            .weight1 = DType::f16,
            .bias1 = DType::f32,
            .out = DType::f16,
            .dropout_p = 0.27F,
            .prenorm = true,
            .return_dropout_mask = true};
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, NormMemory, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(NormMemory, StridedRowsAndDestinations) {
  for (const std::int64_t padding : {0, 1, 8})
    for (const std::int64_t n : {77, 128})
      for (const NormFunction f : {NormFunction::rms, NormFunction::layer}) {
        NormCase c = everything(f, {5, n});
        c.row_padding = padding;
        c.destinations = true;
        expect_accurate_gradients(stream, c);
      }
}

TEST_P(NormMemory, MisalignedPointers) {
  for (const std::int64_t lead : {1, 4})
    for (const std::int64_t n : {77, 128})
      for (const std::int64_t padding : {0, 8})
        for (const bool destinations : {false, true}) {
          NormCase c = everything(NormFunction::layer, {5, n});
          c.lead = lead;
          c.row_padding = padding;
          c.destinations = destinations;
          expect_accurate_gradients(stream, c);
        }
}

TEST_P(NormMemory, LeadingDimensionsAreRows) {
  for (const Dims& shape : {Dims{2, 3, 77}, Dims{2, 1, 3, 128}, Dims{128}, Dims{1, 1, 5}}) {
    NormCase c = everything(NormFunction::layer, shape);
    expect_accurate_gradients(stream, c);
    c.destinations = true;
    if (shape.size() > 1) c.row_padding = 3;
    expect_accurate_gradients(stream, c);
  }
}

TEST_P(NormMemory, RowscaleOfAnyShape) {
  NormCase c{.shape = {2, 3, 77}, .rowscale = DType::bf16, .prenorm = true};
  NormCall call(stream, c);
  const TensorRef flat = call.options.rowscale;
  const PaddedTensor spread(stream, DType::bf16, {6, 1}, 2, normal_values(6, 8));
  TensorRef column = spread.ref();
  column.shape = {6};
  column.strides = {3};
  for (TensorRef rowscale : {flat, column})
    for (const Dims& shape : {Dims{6}, Dims{2, 3}, Dims{2, 3, 1}, Dims{1, 6, 1}}) {
      SCOPED_TRACE(to_string(shape));
      const std::int64_t step = rowscale.strides.back();
      call.options.rowscale = rowscale;
      call.options.rowscale.shape = shape;
      call.options.rowscale.strides = contiguous_strides(shape);
      for (std::size_t d = 0; d < shape.size(); ++d) call.options.rowscale.strides[d] *= step;
      const ops::NormOut saved = call.forward();
      call.expect_forward(saved);
      call.expect_gradients(saved, call.backward(saved));
    }
}

TEST_P(NormMemory, TheSumHasADestinationEvenWhereItIsX) {
  const NormCase c{.shape = {3, 77}, .x = DType::bf16, .prenorm = true};
  NormCall call(stream, c);
  const PaddedTensor sum = blank(DType::bf16, {3, 77}, 3);
  call.options.residual_out = sum.ref();
  const ops::NormOut got = call.forward();
  ASSERT_TRUE(got.residual_out.has_value());
  EXPECT_EQ(got.residual_out->data(), sum.ref().data);
  stream.synchronize();
  EXPECT_EQ(sum.values(), call.problem().x.data);
}

TEST_P(NormMemory, OffsetsBeyond31Bits) {
  // Rows 2^31 + 64 elements apart. Tensors lie side by side in one row: each is 16 columns of it.
  constexpr std::int64_t rows = 3, n = 16, pitch = (std::int64_t{1} << 31) + 64;
  const FarMemory memory(stream, !simulates(), static_cast<std::size_t>(rows * pitch * 2));
  if (!memory.ok()) GTEST_SKIP() << "SKIP: no 13 GiB of addresses, or of a GPU's memory";
  const auto at = [&](std::int64_t place) {
    return TensorRef{
        memory.at(place * n * 2), DType::bf16, {rows, n}, {pitch, 1}, stream.device().get()};
  };
  const auto fill = [&](std::int64_t place, std::uint64_t seed) {
    const std::vector<double> values = normal_values(rows * n, seed);
    const std::vector<std::byte> bytes = reference::encode(DType::bf16, values);
    for (std::int64_t row = 0; row < rows; ++row)
      memory.part((row * pitch + place * n) * 2, DType::bf16, n)
          .copy_from_host(bytes.data() + row * n * 2, n * 2);
    return reference::Values{DType::bf16, reference::decode(DType::bf16, bytes)};
  };
  const auto read = [&](std::int64_t place) {
    std::vector<double> all;
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto part = download(memory.part((row * pitch + place * n) * 2, DType::bf16, n));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  };
  reference::NormProblem p;
  p.rows = rows;
  p.n = n;
  p.is_rms_norm = false;
  p.out_dtype = DType::bf16;
  p.x = fill(0, 1);
  p.residual = fill(1, 2);
  p.weight = {DType::f32, std::vector<double>(n, 0.5)};
  const Tensor weight = upload(stream, DType::f32, {n}, p.weight.data);
  const ops::NormOut saved = ops::layer_norm_fn(
      stream, at(0), weight, {.residual = at(1), .out = at(2), .residual_out = at(3)});
  stream.synchronize();
  const auto ref64 = norm(p, Precision::fp64), plain = norm(p, Precision::plain);
  expect_within("y", read(2), ref64.y, plain.y, DType::bf16);
  expect_within("residual_out", read(3), ref64.residual_out, plain.residual_out, DType::bf16);

  // x and y are not needed any more; dy lies where y was.
  const reference::NormOutputGradients d = {fill(2, 3), {}, {}};
  const ops::NormGrads got =
      ops::layer_norm_fn_bwd(stream, at(2), at(3), *saved.rstd, weight,
                             {.mean = *saved.mean, .has_residual = true, .dx = at(0)});
  stream.synchronize();
  const auto bwd64 = norm_bwd(p, d, Precision::fp64), bwd_plain = norm_bwd(p, d, Precision::plain);
  expect_within("dx", read(0), bwd64.dx, bwd_plain.dx, DType::bf16, 3);
  expect_within("dweight", download(got.dweight), bwd64.dweight, bwd_plain.dweight, DType::f32, 3);
  EXPECT_EQ(got.dresidual->data(), at(0).data) << "the two are equal";
}

}  // namespace
}  // namespace tegula::testing
