// swiglu and its gradients, by the rule against fp64.
#include "tegula/ops/swiglu.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/reference/swiglu.h"
#include "ops/reference/transfer.h"
#include "tests/ops/op_harness.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;
constexpr DType dtypes[] = {DType::f32, DType::f16, DType::bf16};
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Case {
  Dims shape;
  DType a = DType::f32, b = DType::f32, dy = DType::f32;
  std::optional<DType> out;
  std::int64_t padding = 0;
  std::optional<ops::RowConfig> config;
};

class Swiglu : public OpTest {
 protected:
  void check(const Case& c) {
    SCOPED_TRACE(fmt::format("{} {} {} {} padding {}", to_string(c.shape), dtype_name(c.a),
                             dtype_name(c.b), dtype_name(c.dy), c.padding));
    const PaddedTensor a = random(c.a, c.shape, 1, c.padding),
                       b = random(c.b, c.shape, 2, c.padding);
    const PaddedTensor dy = random(c.dy, c.shape, 3, c.padding);
    const PaddedTensor y = blank(c.out.value_or(c.a), c.shape, c.padding);
    ops::swiglu(stream, a.ref(), b.ref(), {.out_dtype = c.out, .out = y.ref(), .config = c.config});
    const reference::Values a_values = {c.a, a.values()}, b_values = {c.b, b.values()};
    const DType dtype = y.ref().dtype;
    expect_within("y", y.values(), swiglu(a_values, b_values, dtype, Precision::fp64),
                  swiglu(a_values, b_values, dtype, Precision::plain), dtype);
    EXPECT_TRUE(y.padding_untouched());

    const PaddedTensor da = blank(c.a, c.shape, c.padding), db = blank(c.b, c.shape, c.padding);
    ops::swiglu_bwd(stream, dy.ref(), a.ref(), b.ref(),
                    {.da = da.ref(), .db = db.ref(), .config = c.config});
    const auto gradients = [&](Precision precision) {
      return swiglu_bwd({c.dy, dy.values()}, a_values, b_values, c.a, c.b, precision);
    };
    const auto ref64 = gradients(Precision::fp64), plain = gradients(Precision::plain);
    expect_within("da", da.values(), ref64.da, plain.da, c.a, 3);
    expect_within("db", db.values(), ref64.db, plain.db, c.b, 3);
    EXPECT_TRUE(da.padding_untouched() && db.padding_untouched());
  }
};
INSTANTIATE_TEST_SUITE_P(Ops, Swiglu, ::testing::ValuesIn(op_targets()), target_name);

TEST_P(Swiglu, EveryKindOfRowLength) {
  for (const std::int64_t n : {1, 2, 7, 77, 128, 1000, 4096, 8191, 16384, 65536})
    for (const DType dtype : {DType::f32, DType::bf16})
      check({.shape = {2, n}, .a = dtype, .b = dtype, .dy = dtype});
}

TEST_P(Swiglu, EveryMixOfDTypes) {
  for (const DType a : dtypes)
    for (const DType b : dtypes)
      for (const DType dy : dtypes) check({.shape = {5, 72}, .a = a, .b = b, .dy = dy, .out = dy});
}

TEST_P(Swiglu, StridedRowsLeadingDimensionsAndConfigs) {
  for (const std::int64_t padding : {1, 8})
    check({.shape = {2, 3, 128}, .a = DType::bf16, .b = DType::bf16, .padding = padding});
  check({.shape = {300}});
  check({.shape = {1001, 3}, .a = DType::f16});
  for (const int rows : {1, 4})
    check({.shape = {5, 77}, .padding = 3, .config = ops::RowConfig{rows, 16, 2}});
}

TEST_P(Swiglu, HalvesOfOneTensorAndInPlace) {
  // y overwrites the first half: y = a; then db the second: db = b.
  const Tensor both = upload(stream, DType::bf16, {3, 256}, normal_values(768, 1));
  TensorRef a = both, b = both;
  a.shape = b.shape = {3, 128};
  b.data = static_cast<std::byte*>(b.data) + 256;
  const Tensor dy = upload(stream, DType::bf16, {3, 128}, normal_values(384, 2));
  const auto wanted = ops::swiglu_bwd(stream, dy, a, b);
  const std::vector<double> y = download(ops::swiglu(stream, a, b));
  const std::vector<double> da = download(wanted.da), db = download(wanted.db);

  const std::vector<double> before = download(both);
  ops::swiglu_bwd(stream, dy, a, b, {.da = a, .db = b});
  const std::vector<double> gradients = download(both);
  for (std::size_t i = 0; i < 384; ++i) {
    EXPECT_EQ(gradients[i / 128 * 256 + i % 128], da[i]);
    EXPECT_EQ(gradients[i / 128 * 256 + 128 + i % 128], db[i]);
  }
  const Tensor again = upload(stream, DType::bf16, {3, 256}, before);
  a.data = again.data();
  b.data = static_cast<std::byte*>(again.data()) + 256;
  ops::swiglu(stream, a, b, {.out = b});
  const std::vector<double> halves = download(again);
  for (std::size_t i = 0; i < 384; ++i) EXPECT_EQ(halves[i / 128 * 256 + 128 + i % 128], y[i]);
}

TEST_P(Swiglu, NanAndInfinity) {
  const Tensor a = upload(stream, DType::f32, {1, 5}, {infinity, -infinity, std::nan(""), -200, 1});
  const Tensor b = upload(stream, DType::f32, {1, 5}, {2, 1, 1, 1, std::nan("")});
  const std::vector<double> y = download(ops::swiglu(stream, a, b));
  EXPECT_EQ(y[0], infinity);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], 0);
  EXPECT_TRUE(std::isnan(y[4]));
}

TEST_P(Swiglu, NothingToDo) {
  for (const Dims& shape : {Dims{0, 8}, Dims{3, 0}}) {
    const Tensor a = stream.empty(DType::f32, shape);
    EXPECT_TRUE(ops::swiglu(stream, a, a).shape() == shape);
    EXPECT_TRUE(ops::swiglu_bwd(stream, a, a, a).db.shape() == shape);
  }
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(Swiglu, EveryByteMovesOnceInFullVectors) {
  if (!simulates()) GTEST_SKIP() << "SKIP: a GPU counts nothing";
  for (const std::int64_t n : {1000, 4096, 14336}) {
    const PaddedTensor a = random(DType::bf16, {2, n}, 1), b = random(DType::bf16, {2, n}, 2);
    const PaddedTensor dy = random(DType::bf16, {2, n}, 3);
    const auto bytes = static_cast<std::uint64_t>(2 * n * 2);
    device->reset_statistics();
    ops::swiglu(stream, a.ref(), b.ref());
    for (const char* input : {"a", "b"}) EXPECT_EQ(argument(input).load_bytes, bytes);
    EXPECT_EQ(argument("y").store_bytes, bytes);
    EXPECT_EQ(device->counters().vector128_fraction(), 1);
    device->reset_statistics();
    ops::swiglu_bwd(stream, dy.ref(), a.ref(), b.ref());
    for (const char* input : {"dy", "a", "b"}) EXPECT_EQ(argument(input).load_bytes, bytes);
    for (const char* output : {"da", "db"}) EXPECT_EQ(argument(output).store_bytes, bytes);
    EXPECT_EQ(device->counters().vector128_fraction(), 1);
  }
}

}  // namespace
}  // namespace tegula::testing
