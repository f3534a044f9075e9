// A call of an op by names: tensors, parameters, what it comes to, and a gradient's forward.
#include "tegula/op_call.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ops/reference/transfer.h"
#include "tegula/dsl.h"
#include "tegula/error.h"
#include "tegula/ops.h"
#include "tegula/reference.h"
#include "tests/ops/op_harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

const OpBase& op_called(std::string_view name) {
  for (const OpBase* op : described_ops())
    if (op->name() == name) return *op;
  throw InternalError("no such op");
}

struct ShiftArgs {
  TensorRef x;
  TensorRef bias = {};
  std::int32_t by = 0;
};
const auto shift_op = Op<ShiftArgs, Tensor>("shift", "y = x")
                          .input("x", &ShiftArgs::x)
                          .optional("bias", &ShiftArgs::bias, {.shape = op::vector("N")})
                          .parameter("by", &ShiftArgs::by, "an int")
                          .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
                          .plan(+[](Plan&, const ShiftArgs&) {});

class NamedCall : public OpTest {};
INSTANTIATE_TEST_SUITE_P(Ops, NamedCall, ::testing::Values("sim:sm_90a"), target_name);

TEST_P(NamedCall, ParametersHaveKinds) {
  OpCall call(op_called("rms_norm_fn"));
  EXPECT_NEAR(std::get<double>(call.parameter("eps")), 1e-6, 1e-12);
  call.set("prenorm", true);
  EXPECT_TRUE(std::get<bool>(call.parameter("prenorm")));
  EXPECT_THROW(call.set("prenorm", 1.0), InternalError);
  EXPECT_THROW(call.set("nothing", true), InternalError);
  EXPECT_THROW(call.set("nothing", TensorRef{}), InternalError);
  EXPECT_THROW(call.parameter("nothing"), InternalError);
  OpCall shift(shift_op);
  shift.set("by", OpValue(std::int64_t{-7}));
  EXPECT_EQ(std::get<std::int64_t>(shift.parameter("by")), -7);
  expect_error(ErrorCode::invalid_argument, {"shift: error: by: out of range", "got 2147483648"},
               [&] { shift.set("by", OpValue(std::int64_t{1} << 31)); });
}

TEST_P(NamedCall, AGradientRunsItsForward) {
  OpCall call(op_called("softmax_bwd"));
  ASSERT_NE(call.find_input("x"), nullptr);
  EXPECT_EQ(call.find_input("y"), nullptr) << "the forward gives it";
  const Tensor x = upload(stream, f32, {1, 3}, {0, 1, 2}),
               dy = upload(stream, f32, {1, 3}, {1, 0, 0});
  call.set("x", x);
  call.set("dy", dy);
  call.run(stream);
  const Tensor y = ops::softmax(stream, x), dx = ops::softmax_bwd(stream, dy, y);
  ASSERT_EQ(call.outputs().size(), 1U);
  EXPECT_EQ(call.outputs()[0].first, "dx");
  EXPECT_EQ(reference::download(call.outputs()[0].second), reference::download(dx));
  const auto again = call.clone();
  EXPECT_TRUE(again->outputs().empty());
  again->pin(stream, std::vector<std::pair<std::string, std::int64_t>>{{"warps", 1}});
  again->run_again(stream);
  EXPECT_EQ(reference::download(again->outputs()[0].second), reference::download(dx));
}

// The dtype of a gradient's own output is no dtype of the forward's.
TEST_P(NamedCall, AGradientsDTypeIsItsOwn) {
  OpCall call(op_called("softmax_bwd"));
  std::vector<double> values(40);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i));
  const Tensor x = upload(stream, f32, {1, 40}, values), dy = upload(stream, f32, {1, 40}, values);
  call.set("x", x);
  call.set("dy", dy);
  call.set("out_dtype", std::optional(bf16));
  call.run(stream);
  const Tensor dx =
      ops::softmax_bwd(stream, dy, ops::softmax(stream, x), {.out_dtype = DType::bf16});
  EXPECT_EQ(call.outputs()[0].second.dtype(), bf16);
  EXPECT_EQ(reference::download(call.outputs()[0].second), reference::download(dx));
}

struct PlainConfig {};
void plus_one(const PlainConfig&, In x, Out y) {
  auto [rows, n] = dims2(x);
  require(y, {rows, n});
  auto [i, j] = grid({rows, cdiv(n, 32)});
  y.tiles({1, 32}).store(x.tiles({1, 32}).load({i, j}) + 1.f, {i, j});
}
const auto plus_one_kernel = kernel("plus_one", plus_one, {"x", "y"});

TEST_P(NamedCall, AnOpNeedsNoConfig) {
  const auto op = Op<ShiftArgs, Tensor>("plus_one", "y = x + 1")
                      .input("x", &ShiftArgs::x)
                      .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
                      .launches(plus_one_kernel);
  const Tensor y = op(stream, {.x = upload(stream, f32, {2, 2}, {0, 1, 2, 3})});
  EXPECT_EQ(reference::download(y), (std::vector<double>{1, 2, 3, 4}));
}

TEST_P(NamedCall, WhatADescriptionMayNotSay) {
  const auto refused = [](const char* part, const auto& describe) {
    try {
      describe();
      ADD_FAILURE() << part;
    } catch (const InternalError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("op_call_test.cpp"), std::string::npos);
    }
  };
  const auto op = [] { return Op<ShiftArgs, Tensor>("bad", "").input("x", &ShiftArgs::x); };
  refused("the name x is used twice", [&] { op().input("x", &ShiftArgs::bias); });
  refused("the name x is used twice", [&] {
    op().output("x", {op::like("x"), op::dtype_of("x")});
  });
  refused("the name x is used twice", [&] {
    op().output("y", {op::like("x"), op::dtype_of("x")}).into("x", &ShiftArgs::bias);
  });
  refused("the output y needs a shape", [&] { op().output("y", {.dtype = op::dtype_of("x")}); });
  refused("no flag and no number", [&] { op().usual("nothing", 1); });
}

TEST_P(NamedCall, WhatACallComesTo) {
  OpCall call(op_called("layer_norm_fn_bwd"));
  call.complete(stream, {{"M", 8}, {"N", 128}}, bf16, {{"weight1", f32}});
  EXPECT_EQ(call.tensor("weight1").dtype, f32);
  EXPECT_TRUE(call.tensor("dy1").present()) << "it comes with weight1";
  EXPECT_TRUE(call.tensor("mean").present()) << "the forward gives it";
  const OpPlan plan = call.plan(stream);
  EXPECT_EQ(plan.extents.at("N"), 128);
  ASSERT_EQ(plan.launches.size(), 2U);
  EXPECT_EQ(plan.launches[0].kernel->name(), "layer_norm_bwd");
  // dy, dy1, s, dx; weight, weight1 and their gradients; rstd and mean.
  EXPECT_EQ(plan.bytes, 4 * 8 * 128 * 2 + 2 * 128 * (2 + 4) + 2 * 8 * 4);
  EXPECT_EQ(device->counters().blocks, 0U);
}

TEST_P(NamedCall, AReferenceSaysWhatItMisses) {
  OpCall call(shift_op);
  const Tensor x = upload(stream, f32, {1, 3}, {0, 1, 2});
  call.set("x", x);
  call.run(stream);
  const reference::Call seen(call);
  const auto sum = [](const auto& r, const auto& v) { return r(v[0] + v[1]); };
  expect_error(ErrorCode::invalid_argument,
               {"the reference of shift: error: bias", "does not have"}, [&] {
                 elementwise(seen, "y", reference::Precision::fp64, {"x", "bias"}, sum);
               });
  EXPECT_FALSE(seen.values("bias").present());
}

TEST(DescribedOpsList, AnOpGoesWithItsObject) {
  const std::size_t before = described_ops().size();
  {
    const auto op = Op<ShiftArgs, Tensor>("gone", "y = x")
                        .input("x", &ShiftArgs::x)
                        .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
                        .plan(+[](Plan&, const ShiftArgs&) {});
    EXPECT_EQ(described_ops().size(), before + 1);
    EXPECT_EQ(op_called("gone").summary(), "y = x");
  }
  EXPECT_EQ(described_ops().size(), before);
}

}  // namespace
}  // namespace tegula::testing
