#include "tests/ops/rms_case.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ops/reference/norm.h"
#include "ops/reference/transfer.h"

namespace tegula::testing {
namespace {

using reference::download;

std::string name_of(const std::optional<DType>& dtype) {
  return dtype ? std::string(dtype_name(*dtype)) : "none";
}

}  // namespace

std::string RmsCase::describe() const {
  return fmt::format("{} x {} weight {} bias {} residual {} out {} padding {}", to_string(shape),
                     dtype_name(x), dtype_name(weight), name_of(bias), name_of(residual),
                     name_of(out), row_padding);
}

void expect_accurate(Stream& stream, const RmsCase& c) {
  SCOPED_TRACE(stream.device()->name() + " " + c.describe());
  const std::int64_t count = element_count(c.shape), n = c.shape.back();
  const PaddedTensor x(stream, c.x, c.shape, c.row_padding, normal_values(count, 1));
  const PaddedTensor weight(stream, c.weight, {n}, 0, normal_values(n, 2));
  PaddedTensor bias, residual, out, residual_out, rstd;
  ops::RmsNormOptions options;
  options.config = c.config;
  options.out_dtype = c.out;
  if (c.bias) {
    bias = PaddedTensor(stream, *c.bias, {n}, 0, normal_values(n, 3));
    options.bias = bias.ref();
  }
  if (c.residual) {
    residual = PaddedTensor(stream, *c.residual, c.shape, c.row_padding, normal_values(count, 4));
    options.residual = residual.ref();
  }
  const std::vector<double> nans(static_cast<std::size_t>(count), std::nan(""));
  if (c.destinations) {
    out = PaddedTensor(stream, c.out.value_or(c.x), c.shape, c.row_padding, nans);
    options.out = out.ref();
    // Every second element of a longer vector, where rows have gaps too.
    const std::int64_t rows = n == 0 ? 0 : count / n, step = c.row_padding > 0 ? 2 : 1;
    rstd = PaddedTensor(stream, DType::f32, {rows, 1}, step - 1,
                        std::vector<double>(static_cast<std::size_t>(rows), std::nan("")));
    options.rstd = rstd.ref();
    options.rstd.shape = options.rstd.strides =
        Dims(std::span(c.shape.begin(), c.shape.size() - 1));
    std::int64_t stride = step;
    for (std::size_t d = options.rstd.rank(); d-- > 0; stride *= options.rstd.shape[d])
      options.rstd.strides[d] = stride;
    if (c.residual) {
      residual_out = PaddedTensor(stream, *c.residual, c.shape, c.row_padding, nans);
      options.residual_out = residual_out.ref();
    }
  }

  const ops::NormOut got = ops::rms_norm_fn(stream, x.ref(), weight.ref(), options);
  stream.synchronize();

  reference::NormProblem problem;
  problem.rows = n == 0 ? 0 : count / n;
  problem.n = n;
  problem.x = {c.x, x.values()};
  problem.weight = {c.weight, weight.values()};
  if (c.bias) problem.bias = {*c.bias, bias.values()};
  if (c.residual) problem.residual = {*c.residual, residual.values()};
  problem.eps = options.eps;
  problem.out_dtype = c.out.value_or(c.x);
  const auto ref64 = norm(problem, reference::Precision::fp64);
  const auto plain = norm(problem, reference::Precision::plain);

  EXPECT_EQ(got.y.dtype(), problem.out_dtype);
  expect_within("y", c.destinations ? out.values() : download(got.y), ref64.y, plain.y,
                got.y.dtype());
  expect_within("rstd", c.destinations ? rstd.values() : download(*got.rstd), ref64.rstd,
                plain.rstd, DType::f32);
  ASSERT_EQ(got.residual_out.has_value(), c.residual.has_value());
  if (c.residual)
    expect_within("residual_out",
                  c.destinations ? residual_out.values() : download(*got.residual_out),
                  ref64.residual_out, plain.residual_out, *c.residual);
  if (c.destinations) {
    EXPECT_TRUE(out.padding_untouched());
    EXPECT_TRUE(rstd.padding_untouched());
    if (c.residual) {
      EXPECT_TRUE(residual_out.padding_untouched());
    }
  }
}

}  // namespace tegula::testing
