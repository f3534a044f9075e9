// An op of a user's own, described: checks, outputs, facts, workspaces, kept calls.
#include "tegula/op.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tegula/dsl.h"
#include "tegula/ops.h"
#include "tests/ops/op_harness.h"
#include "tests/runtime/expect_error.h"

namespace tegula::testing {
namespace {

constexpr ErrorCode invalid = ErrorCode::invalid_argument;

struct ScaleConfig {
  int bn = 32, warps = 1;
  int negate = 0;
};

/// parts = x * factor, or that of -x.
void scale_fwd(const ScaleConfig& c, In x, Out parts, F32 factor) {
  auto [rows, n] = dims2(x);
  require(parts, {rows, n});
  auto [i, j] = grid({rows, cdiv(n, c.bn)});
  Tile v = x.tiles({1, c.bn}).load({i, j}) * factor;
  parts.tiles({1, c.bn}).store(c.negate != 0 ? -v : v, {i, j});
}
const auto scale_kernel = kernel("scale_fwd", scale_fwd, {"x", "parts", "factor"})
                              .field("bn", &ScaleConfig::bn)
                              .field("warps", &ScaleConfig::warps)
                              .field("negate", &ScaleConfig::negate);

/// y = parts + bias.
void add_fwd(const ScaleConfig& c, In parts, OptIn bias, Out y) {
  auto [rows, n] = dims2(parts);
  require(y, {rows, n});
  auto [i, j] = grid({rows, cdiv(n, c.bn)});
  Tile v = parts.tiles({1, c.bn}).load({i, j});
  if (bias) {
    require(bias, {n});
    v += bias.tiles({c.bn}).load({j});
  }
  y.tiles({1, c.bn}).store(v, {i, j});
}
const auto add_kernel = kernel("add_fwd", add_fwd, {"parts", "bias", "y"})
                            .field("bn", &ScaleConfig::bn)
                            .field("warps", &ScaleConfig::warps)
                            .field("negate", &ScaleConfig::negate);

struct ScaleArgs {
  TensorRef x;
  TensorRef bias = {};
  float factor = 1;
  bool copy_x = false;  ///< give x once more
  TensorRef out = {};
  std::optional<ScaleConfig> config = {};
};

struct ScaleOut {
  Tensor y;
  std::optional<Tensor> x = {};
};

int plans = 0;  // that were made

void plan_scale(Plan& plan, const ScaleArgs& a) {
  ++plans;
  EXPECT_EQ(a.factor, 0) << "a plan sees no scalar that kernels take by value";
  plan.same("x", "in");
  if (plan.empty()) return;
  auto c = plan.config<ScaleConfig>();
  c.negate = static_cast<int>(plan.fact("negative"));
  plan.workspace("scratch", DType::f32, {plan.extent("M"), plan.extent("N")});
  plan.launch(scale_kernel, c, {{"x", "in"}, {"parts", "scratch"}, {"factor", "size"}});
  plan.launch(add_kernel, c, {{"parts", "scratch"}});
}

const Op<ScaleArgs, ScaleOut>& scale_op() {
  static const auto op =
      Op<ScaleArgs, ScaleOut>("scale", "y = x * factor + bias")
          .input("in", &ScaleArgs::x, {.dtype = op::only(DType::f32, "as all of it is")})
          .optional("bias", &ScaleArgs::bias,
                    {op::vector("N"), op::only(DType::f32, "as all of it is")})
          .scalar(
              "factor", &ScaleArgs::factor, "times x",
              +[](float value, std::string_view name, const OpChecks& checks) {
                if (value == 0) checks.fail(name, "that leaves nothing", "0", "another number");
              })
          .scalars(
              {{"size", DType::f32}},
              +[](const ScaleArgs& a, const OpChecks&, std::uint64_t* bits) {
                *bits = detail::scalar_bits(a.factor < 0 ? -a.factor : a.factor);
              })
          .fact(
              "negative", +[](const ScaleArgs& a) { return a.factor < 0; })
          .parameter("copy_x", &ScaleArgs::copy_x, "1: give x")
          .config(
              &ScaleArgs::config, +[](const Plan&) { return ScaleConfig{}; },
              +[](const ScaleConfig& c, const Plan& plan) {
                if (c.bn < 1) plan.checks().fail("config.bn", "no tile", "0", "at least 1");
              },
              {detail::describe_field("bn", &ScaleConfig::bn),
               detail::describe_field("warps", &ScaleConfig::warps)})
          .output("y", &ScaleOut::y, {op::like("in"), op::only(DType::f32, "as all of it is")})
          .into("out", &ScaleArgs::out, {"in"})
          .output("x", &ScaleOut::x, {op::like("in"), op::dtype_of("in")},
                  [](const ScaleArgs& a, const Plan&) { return a.copy_x; })
          .plan(plan_scale);
  return op;
}

class DescribedOp : public OpTest {
 protected:
  Tensor filled(const Dims& shape, double first) {
    std::vector<double> values(static_cast<std::size_t>(element_count(shape)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<double>(i);
    return upload(stream, f32, shape, values);
  }
  void expect_scaled(const TensorRef& y, double first, double factor, double bias_first) {
    const std::vector<double> got = values_of(y);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double bias = bias_first == 0 ? 0 : bias_first + static_cast<double>(i % 40);
      EXPECT_EQ(got[i], (first + static_cast<double>(i)) * factor + bias) << i;
    }
  }
  static std::vector<double> values_of(const TensorRef& tensor) {
    std::vector<float> host(static_cast<std::size_t>(element_count(tensor.shape)));
    Tensor::alias(tensor).copy_to_host(host.data(), host.size() * sizeof(float));
    return {host.begin(), host.end()};
  }
};

TEST_P(DescribedOp, CallsThatAreKept) {
  const auto& op = scale_op();
  const int before = plans;
  const Tensor bias = filled({40}, 7);
  for (int round = 0; round < 3; ++round) {
    const Tensor x = filled({3, 40}, round + 1);
    const ScaleOut out = op(stream, {.x = x, .bias = bias, .factor = 2.0f + round, .copy_x = true});
    expect_scaled(out.y, round + 1, 2 + round, 7);
    EXPECT_EQ(out.x->data(), x.data());
  }
  EXPECT_EQ(plans, before + 1) << "another factor is the same plan";
}

TEST_P(DescribedOp, WhatMakesAnotherPlan) {
  const auto& op = scale_op();
  const Tensor x = filled({2, 40}, 1), bias = filled({40}, 7);
  const auto plans_of = [&](const ScaleArgs& arguments) {
    op(stream, {.x = x});  // the call that is kept
    const int before = plans;
    op(stream, arguments);
    return plans - before;
  };
  EXPECT_EQ(plans_of({.x = x}), 0);
  EXPECT_EQ(plans_of({.x = x, .factor = 3}), 0);
  EXPECT_EQ(plans_of({.x = x, .factor = -3}), 1) << "a fact";
  EXPECT_EQ(plans_of({.x = x, .copy_x = true}), 1) << "a parameter";
  EXPECT_EQ(plans_of({.x = x, .bias = bias}), 1) << "a tensor";
  EXPECT_EQ(plans_of({.x = x, .config = ScaleConfig{.bn = 16}}), 1) << "a pinned config";
  EXPECT_EQ(plans_of({.x = x, .out = x}), 1) << "in place";
}

TEST_P(DescribedOp, AFactDecidesWhatIsLaunched) {
  const Tensor x = filled({2, 40}, 1);
  expect_scaled(scale_op()(stream, {.x = x, .factor = -3}).y, 1, -3, 0);
  expect_scaled(scale_op()(stream, {.x = x, .factor = 3}).y, 1, 3, 0);
}

TEST_P(DescribedOp, InPlaceAgainAndAgain) {
  const Tensor x = filled({2, 40}, 1);
  for (int round = 0; round < 3; ++round) scale_op()(stream, {.x = x, .factor = 2, .out = x});
  expect_scaled(x, 1, 8, 0);
}

TEST_P(DescribedOp, NothingToDo) {
  const ScaleOut out = scale_op()(stream, {.x = stream.empty(f32, {0, 40})});
  EXPECT_EQ(out.y.shape(), Dims({0, 40}));
  EXPECT_FALSE(out.x);
}

/// Of the library's ops: what only an argument says is a part of what is kept.
TEST_P(DescribedOp, TheDTypeOfAResultIsAskedForAgain) {
  const Tensor x = upload(stream, bf16, {2, 64}, std::vector<double>(128, 1)),
               weight = upload(stream, bf16, {64}, std::vector<double>(64, 1));
  for (int round = 0; round < 2; ++round)
    for (const std::optional<DType> dtype : {std::optional<DType>(), {f32}, {f16}}) {
      const DType wanted = dtype.value_or(bf16);
      EXPECT_EQ(ops::swiglu(stream, x, x, {.out_dtype = dtype}).dtype(), wanted);
      EXPECT_EQ(ops::softmax(stream, x, {.out_dtype = dtype}).dtype(), wanted);
      EXPECT_EQ(ops::rms_norm_fn(stream, x, weight, {.out_dtype = dtype}).y.dtype(), wanted);
      EXPECT_EQ(ops::dropout(stream, x, {.out_dtype = dtype}).y.dtype(), wanted);
      ops::NormOut saved = ops::rms_norm_fn(stream, x, weight, {});
      EXPECT_EQ(
          ops::rms_norm_fn_bwd(stream, x, x, *saved.rstd, weight, {.x_dtype = dtype}).dx.dtype(),
          wanted);
    }
}

TEST_P(DescribedOp, ErrorsNameOpAndArgument) {
  const auto& op = scale_op();
  const Tensor x = filled({2, 40}, 1), bias = filled({40}, 7);
  const auto expect = [&](std::initializer_list<const char*> parts, const ScaleArgs& arguments) {
    expect_error(invalid, parts, [&] { op(stream, arguments); });
  };
  for (int round = 0; round < 2; ++round) {  // before, and behind a call that is kept
    expect({"scale: error: in: the tensor is absent"}, {});
    expect({"in: wrong dtype", "f32, as all of it is"}, {.x = stream.empty(bf16, {2, 40})});
    expect({"bias: wrong shape", "got 39", "40, the last extent of in"},
           {.x = x, .bias = filled({39}, 0)});
    expect({"factor: that leaves nothing"}, {.x = x, .factor = 0});
    expect({"config.bn: no tile"}, {.x = x, .config = ScaleConfig{.bn = 0}});
    expect({"out: wrong shape", "the shape of in"}, {.x = x, .out = bias});
    expect({"out: the destination overlaps bias"},
           {.x = filled({1, 40}, 0),
            .bias = bias,
            .out = contiguous(bias.data(), f32, {1, 40}, *stream.device())});
    op(stream, {.x = x});
  }
}

struct PairArgs {
  TensorRef a, b;
  TensorRef out = {};
  std::optional<DType> out_dtype = {};
  int undeclared = 0;
};

using PairOp = Op<PairArgs, Tensor>;
const InputRule whole_numbers = {.dtype = op::DTypes{{i32, i64}}};

PairOp planned(void (*plan)(Plan&, const PairArgs&)) {
  return PairOp("pair", "")
      .input("a", &PairArgs::a, whole_numbers)
      .optional("b", &PairArgs::b, whole_numbers)
      .output("y", {op::like("a"), op::dtype_of("a")})
      .into("out", &PairArgs::out)
      .plan(plan);
}

TEST_P(DescribedOp, RowsThatHaveNamesAreCompared) {
  const auto pair = PairOp("pair", "").input("a", &PairArgs::a).input("b", &PairArgs::b);
  expect_error(invalid, {"pair: error: b: wrong shape", "got 2x5", "M = 4, the rows of a"}, [&] {
    pair(stream, {filled({4, 8}, 0), filled({2, 5}, 0)});
  });
  expect_error(invalid, {"b: wrong shape", "got 4x5", "N = 8, the last extent of a"}, [&] {
    pair(stream, {filled({4, 8}, 0), filled({4, 5}, 0)});
  });
  EXPECT_NO_THROW(pair(stream, {filled({4, 8}, 0), filled({2, 2, 8}, 0)}));
}

TEST_P(DescribedOp, DTypesOfAList) {
  const auto pair = planned(+[](Plan&, const PairArgs&) {});
  const Tensor a = stream.empty(i64, {2, 4}), out = stream.empty(i64, {2, 4});
  EXPECT_EQ(pair(stream, {.a = stream.empty(i32, {2, 4})}).dtype(), i32);
  EXPECT_EQ(pair(stream, {.a = a, .out = out}).data(), out.data());
  expect_error(invalid, {"a: wrong dtype", "got f32", "i32 or i64"}, [&] {
    pair(stream, {.a = filled({2, 4}, 0)});
  });
  expect_error(invalid, {"out: wrong dtype", "got f32", "i64, the dtype of a"}, [&] {
    pair(stream, {.a = a, .out = filled({2, 4}, 0)});
  });
}

TEST_P(DescribedOp, DestinationsWithinGaps) {
  const auto pair = PairOp("pair", "")
                        .input("a", &PairArgs::a, {op::any(), op::any_dtype()})
                        .output("y", {op::like("a"), op::dtype_of("a")})
                        .into("out", &PairArgs::out);
  const Tensor memory = filled({64}, 0);
  TensorRef a = contiguous(memory.data(), f32, {2, 4}, *stream.device()), out = a;
  a.strides = {16, 4};
  out.data = static_cast<float*>(memory.data()) + 4;
  out.strides = {16, 1};
  expect_error(invalid, {"out: the destination overlaps a"},
               [&] { pair(stream, {.a = a, .out = out}); });
}

TEST_P(DescribedOp, WhatADescriptionCannotSay) {
  const auto internal = [](auto&& call) { EXPECT_THROW(call(), InternalError); };
  internal([] { PairOp("pair", "").into("out", &PairArgs::out); });
  internal([] {
    PairOp("pair", "")
        .input("a", &PairArgs::a)
        .output("y", {op::like("a"), op::dtype_of("a")})
        .dtype_argument("out_dtype", &PairArgs::out_dtype);
  });
  const Tensor a = stream.empty(i32, {2, 4});
  const auto plan_fails = [&](void (*plan)(Plan&, const PairArgs&)) {
    internal([&] { planned(plan)(stream, {.a = a}); });
  };
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.same("y", "nope"); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.same("y", "b"); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.same("y", "y"); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.same("nope", "a"); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.fill("nope", 0); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.dtype("nope"); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.view("v", "b", {}); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.view("v", "nope", {}); });
  plan_fails(+[](Plan& plan, const PairArgs&) { plan.fill("y", std::nan("")); });
}

TEST_P(DescribedOp, ZerosOfEveryWidth) {
  const auto zeros = planned(+[](Plan& plan, const PairArgs&) { plan.fill("y", 0); });
  const Tensor y = zeros(stream, {.a = stream.empty(i64, {2, 4})});
  std::vector<std::int64_t> values(8, 1);
  Tensor(y).copy_to_host(values.data(), 64);
  EXPECT_EQ(values, std::vector<std::int64_t>(8, 0));
}

TEST_P(DescribedOp, AFieldThatNoWordDeclaresIsNotSeen) {
  const auto pair = planned(+[](Plan&, const PairArgs& a) { EXPECT_EQ(a.undeclared, 0); });
  pair(stream, {.a = stream.empty(i32, {2, 4}), .undeclared = 7});
}

/// p so small that nothing drops: the random state is not looked at, whatever it is.
TEST_P(DescribedOp, RandomStateThatNobodyNeeds) {
  const Tensor x = filled({2, 40}, 1), out = filled({2, 40}, 0);
  const ops::RngState rng = {.memory = filled({3, 3}, 0)};
  ops::dropout(stream, x, {.dropout_p = 1e-9f, .rng = rng, .out = out});
  expect_scaled(out, 1, 1, 0);
}

INSTANTIATE_TEST_SUITE_P(Ops, DescribedOp, ::testing::ValuesIn(op_targets()), target_name);

}  // namespace
}  // namespace tegula::testing
