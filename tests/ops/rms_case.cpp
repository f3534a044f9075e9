#include "tests/ops/rms_case.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "ops/reference/accuracy.h"
#include "ops/reference/number_format.h"
#include "ops/reference/rms_norm.h"
#include "ops/reference/transfer.h"

namespace tegula::testing {
namespace {

using reference::download;

std::string name_of(const std::optional<DType>& dtype) {
  return dtype ? std::string(dtype_name(*dtype)) : "none";
}

void expect_within(const char* name, const std::vector<double>& got,
                   const std::vector<double>& ref64, const std::vector<double>& plain,
                   DType dtype) {
  const reference::Accuracy a = reference::compare(got, ref64, plain, dtype);
  EXPECT_TRUE(a.passed) << name << ": max error " << a.max_error << ", bound " << a.bound
                        << ", plain error " << a.plain_error;
}

}  // namespace

std::string RmsCase::describe() const {
  return fmt::format("{} x {} weight {} bias {} residual {} out {} padding {}", to_string(shape),
                     dtype_name(x), dtype_name(weight), name_of(bias), name_of(residual),
                     name_of(out), row_padding);
}

std::vector<double> normal_values(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal(generator);
  return values;
}

PaddedTensor::PaddedTensor(Stream& stream, DType dtype, const Dims& shape, std::int64_t padding,
                           const std::vector<double>& values) {
  const std::int64_t n = shape.back(), pitch = n + padding;
  const std::int64_t rows = element_count(shape) / std::max<std::int64_t>(n, 1);
  std::vector<double> padded(static_cast<std::size_t>(rows * pitch), std::nan(""));
  for (std::int64_t i = 0; i < rows * n; ++i)
    padded[static_cast<std::size_t>(i / n * pitch + i % n)] = values[static_cast<std::size_t>(i)];
  storage_ = stream.empty(dtype, {rows, pitch});
  const std::vector<std::byte> bytes = reference::encode(dtype, padded);
  storage_.copy_from_host(bytes.data(), bytes.size());
  ref_ = storage_.ref();
  ref_.shape = shape;
  ref_.strides = shape;
  std::int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    ref_.strides[d] = stride;
    stride = d + 1 == shape.size() ? pitch : stride * shape[d];
  }
}

std::vector<double> PaddedTensor::all() const { return download(storage_); }

std::vector<double> PaddedTensor::values() const {
  const std::vector<double> padded = all();
  const auto n = static_cast<std::size_t>(ref_.shape.back());
  const auto pitch = static_cast<std::size_t>(storage_.shape().back());
  std::vector<double> values;
  for (std::size_t i = 0; i < padded.size(); ++i)
    if (i % pitch < n) values.push_back(padded[i]);
  return values;
}

bool PaddedTensor::padding_untouched() const {
  const std::vector<double> padded = all();
  const auto n = static_cast<std::size_t>(ref_.shape.back());
  const auto pitch = static_cast<std::size_t>(storage_.shape().back());
  for (std::size_t i = 0; i < padded.size(); ++i)
    if (i % pitch >= n && !std::isnan(padded[i])) return false;
  return true;
}

void expect_accurate(const std::shared_ptr<SimDevice>& device, const RmsCase& c) {
  SCOPED_TRACE(device->name() + " " + c.describe());
  Stream stream(device);
  const std::int64_t count = element_count(c.shape), n = c.shape.back();
  const PaddedTensor x(stream, c.x, c.shape, c.row_padding, normal_values(count, 1));
  const PaddedTensor weight(stream, c.weight, {n}, 0, normal_values(n, 2));
  PaddedTensor bias, residual, out, residual_out;
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
    if (c.residual) {
      residual_out = PaddedTensor(stream, *c.residual, c.shape, c.row_padding, nans);
      options.residual_out = residual_out.ref();
    }
  }

  const ops::NormOut got = ops::rms_norm_fn(stream, x.ref(), weight.ref(), options);
  stream.synchronize();
  EXPECT_TRUE(device->reports().empty());

  reference::RmsNormProblem problem;
  problem.rows = n == 0 ? 0 : count / n;
  problem.n = n;
  problem.x = {c.x, x.values()};
  problem.weight = {c.weight, weight.values()};
  if (c.bias) problem.bias = {*c.bias, bias.values()};
  if (c.residual) problem.residual = {*c.residual, residual.values()};
  problem.eps = options.eps;
  problem.out_dtype = c.out.value_or(c.x);
  const auto ref64 = reference::rms_norm_fp64(problem);
  const auto plain = reference::rms_norm_plain(problem);

  EXPECT_EQ(got.y.dtype(), problem.out_dtype);
  expect_within("y", c.destinations ? out.values() : download(got.y), ref64.y, plain.y,
                got.y.dtype());
  expect_within("rstd", download(*got.rstd), ref64.rstd, plain.rstd, DType::f32);
  ASSERT_EQ(got.residual_out.has_value(), c.residual.has_value());
  if (c.residual)
    expect_within("residual_out",
                  c.destinations ? residual_out.values() : download(*got.residual_out),
                  ref64.residual_out, plain.residual_out, *c.residual);
  if (c.destinations) {
    EXPECT_TRUE(out.padding_untouched());
    if (c.residual) {
      EXPECT_TRUE(residual_out.padding_untouched());
    }
  }
}

}  // namespace tegula::testing
