// The second call of the same shapes, which passes its checks by what the first one left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <utility>

#include "ops/reference/transfer.h"
#include "runtime/launch/kernel_table.h"
#include "tegula/error.h"
#include "tegula/log.h"
#include "tegula/ops/norm.h"
#include "tests/ops/op_harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

using reference::download;

constexpr std::int64_t rows = 6, n = 64;

class NormRepeat : public OpTest {
 protected:
  Tensor values(std::uint64_t seed) {
    return upload(stream, DType::f32, {rows, n}, normal_values(rows * n, seed));
  }
  /// A view of one of ours that begins `elements` later.
  static TensorRef shifted(const Tensor& tensor, std::int64_t elements) {
    TensorRef ref = tensor;
    ref.data = static_cast<float*>(ref.data) + elements;
    return ref;
  }
  Tensor x = values(1), residual = values(2),
         weight = upload(stream, DType::f32, {n}, normal_values(n, 3));
};
INSTANTIATE_TEST_SUITE_P(Ops, NormRepeat, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(NormRepeat, OtherAddressesAndScalars) {
  const Tensor other = values(4), out = values(5);
  const auto once = [&](const TensorRef& from, float eps) {
    return download(ops::rms_norm_fn(stream, from, weight, {.eps = eps}).y);
  };
  const std::vector<double> first = once(x, 1e-6f), second = once(other, 1e-6f),
                            wide = once(x, 10.f);
  EXPECT_NE(first, second);
  EXPECT_NE(first, wide);
  EXPECT_EQ(once(x, 1e-6f), first);
  EXPECT_EQ(once(other, 1e-6f), second);
  ops::rms_norm_fn(stream, x, weight, {.out = out});
  EXPECT_EQ(download(out), first);
  ops::rms_norm_fn(stream, other, weight, {.out = out});
  EXPECT_EQ(download(out), second);
}

TEST_P(NormRepeat, AnotherAlignment) {
  const std::vector<double> numbers = normal_values(rows * n + 4, 6);
  const Tensor wide = upload(stream, DType::f32, {rows * n + 4}, numbers);
  for (const std::int64_t shift : {0, 1, 2, 4, 0}) {
    TensorRef part = shifted(wide, shift);
    part.shape = {rows, n};
    part.strides = {n, 1};
    const Tensor copy = upload(stream, DType::f32, {rows, n},
                               {numbers.begin() + shift, numbers.begin() + shift + rows * n});
    // Summed in another order where vectors are narrower.
    EXPECT_THAT(download(ops::rms_norm_fn(stream, part, weight).y),
                ::testing::Pointwise(::testing::DoubleNear(1e-5),
                                     download(ops::rms_norm_fn(stream, copy, weight).y)))
        << shift;
  }
}

TEST_P(NormRepeat, WhatEachCallMustStillRefuse) {
  const Tensor out = values(7);
  const auto good = [&] {
    return ops::rms_norm_fn(stream, x, weight, {.residual = residual, .out = out});
  };
  const auto expect = [&](std::initializer_list<const char*> parts, const TensorRef& from,
                          const ops::NormOptions& options) {
    good();
    expect_error(ErrorCode::invalid_argument, parts,
                 [&] { ops::rms_norm_fn(stream, from, weight, options); });
  };
  expect({"out: the destination overlaps x"}, x, {.residual = residual, .out = x});
  expect({"out: the destination overlaps residual"}, x,
         {.residual = residual, .out = shifted(residual, 4)});
  expect({"eps: out of range", "got -1"}, x, {.residual = residual, .eps = -1, .out = out});
  expect({"eps: out of range", "got nan"}, x,
         {.residual = residual, .eps = std::numeric_limits<float>::quiet_NaN(), .out = out});
  expect({"dropout_p: out of range"}, x, {.residual = residual, .dropout_p = 1, .out = out});
  expect({"rng:"}, x, {.residual = residual, .dropout_p = 0.5f, .out = out});
  TensorRef null = x;
  null.data = nullptr;
  expect({"x: a null pointer"}, null, {.residual = residual, .out = out});
  TensorRef odd = x;
  odd.data = static_cast<std::byte*>(odd.data) + 1;
  expect({"x: the pointer is not aligned"}, odd, {.residual = residual, .out = out});
  TensorRef narrow = x;
  narrow.dtype = DType::i32;
  expect({"x: wrong dtype"}, narrow, {.residual = residual, .out = out});
  TensorRef sealed = out;
  sealed.read_only = true;
  expect({"y: the kernel writes a tensor that may only be read"}, x,
         {.residual = residual, .out = sealed});
  ops::RowConfig config;
  config.warps = 3;
  expect({"config.warps"}, x, {.residual = residual, .out = out, .config = config});
}

TEST_P(NormRepeat, RowsOfOneMatrixOverlapInAddressesAlone) {
  const Tensor both = upload(stream, DType::f32, {rows, 2 * n}, normal_values(rows * 2 * n, 8));
  TensorRef left = both, right = shifted(both, n);
  left.shape = right.shape = {rows, n};
  const std::vector<double> wanted = download(ops::rms_norm_fn(stream, left, weight).y);
  for (int k = 0; k < 3; ++k) {
    ops::rms_norm_fn(stream, left, weight, {.out = right});
    const std::vector<double> all = download(both);
    for (std::int64_t r = 0; r < rows; ++r)
      EXPECT_EQ(std::vector(all.begin() + (2 * r + 1) * n, all.begin() + (2 * r + 2) * n),
                std::vector(wanted.begin() + r * n, wanted.begin() + (r + 1) * n))
          << r;
  }
}

TEST_P(NormRepeat, DropoutThatComesAndGoes) {
  const ops::RngState rng{.seed = 5, .offset = 0};
  const auto once = [&](float p) {
    return download(ops::rms_norm_fn(stream, x, weight,
                                     {.dropout_p = p, .return_dropout_mask = true, .rng = rng})
                        .y);
  };
  const std::vector<double> none = once(0), half = once(0.5f), most = once(0.9f);
  for (int k = 0; k < 2; ++k) {
    EXPECT_EQ(once(0.5f), half);
    EXPECT_EQ(once(0), none);
    EXPECT_EQ(once(0.9f), most);
    EXPECT_EQ(once(1e-7f), none);
  }
  EXPECT_NE(half, none);
  EXPECT_NE(half, most);
}

std::function<void()> at_a_launch;
void call_at_launches(LogLevel, std::string_view text) {
  if (!at_a_launch || !text.starts_with("launch ")) return;
  const auto call = std::exchange(at_a_launch, nullptr);
  call();
}

/// The launch that is told of has its addresses already, and keeps them.
TEST_P(NormRepeat, ALogThatCallsTheSame) {
  const Tensor other = values(4), out = values(5), inner = values(6);
  const auto once = [&](const Tensor& from, const Tensor& to) {
    ops::rms_norm_fn(stream, from, weight, {.out = to});
  };
  const std::vector<double> wanted = download(ops::rms_norm_fn(stream, x, weight).y),
                            of_other = download(ops::rms_norm_fn(stream, other, weight).y);
  once(x, out);
  const LogLevel level = log_level();
  const LogSink sink = set_log_sink(&call_at_launches);
  set_log_level(LogLevel::debug);
  for (int k = 0; k < 2; ++k) {
    at_a_launch = [&] { once(other, inner); };
    once(x, out);
    EXPECT_EQ(at_a_launch, nullptr) << "no launch was told of";
    EXPECT_EQ(download(out), wanted);
    EXPECT_EQ(download(inner), of_other);
  }
  set_log_level(level);
  set_log_sink(sink);
}

TEST_P(NormRepeat, AfterTheKernelsWereDropped) {
  const auto first = download(ops::rms_norm_fn(stream, x, weight).y);
  runtime::KernelTable::instance().clear();
  EXPECT_EQ(download(ops::rms_norm_fn(stream, x, weight).y), first);
}

}  // namespace
}  // namespace tegula::testing
