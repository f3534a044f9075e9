// What a norm's outputs must be.
#include "ops/reference/transfer.h"
#include "tests/ops/norm_case.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;

/// An output in memory of the caller's has what lies around it; one of the op's is dense.
std::vector<double> contents(const Tensor& tensor, const PaddedTensor& destination) {
  if (!destination.ref().present()) return download(tensor);
  EXPECT_EQ(tensor.data(), destination.ref().data);
  EXPECT_TRUE(destination.padding_untouched());
  return destination.values();
}

}  // namespace

void NormCall::expect_forward(const ops::NormOut& got) const {
  stream_.synchronize();
  const reference::NormProblem p = problem();
  const reference::NormResult ref64 = norm(p, Precision::fp64), plain = norm(p, Precision::plain);

  EXPECT_EQ(got.y.dtype(), p.out_dtype);
  EXPECT_TRUE(got.y.shape() == c_.shape);
  expect_within("y", contents(got.y, out_), ref64.y, plain.y, p.out_dtype);
  ASSERT_EQ(got.y1.has_value(), c_.weight1.has_value());
  if (got.y1) {
    EXPECT_EQ(got.y1->dtype(), p.out_dtype);
    expect_within("y1", download(*got.y1), ref64.y1, plain.y1, p.out_dtype);
  }

  ASSERT_EQ(got.residual_out.has_value(), c_.stores_sum() || c_.prenorm);
  if (c_.stores_sum()) {
    EXPECT_EQ(got.residual_out->dtype(), c_.sum_dtype());
    expect_within("residual_out", contents(*got.residual_out, residual_out_), ref64.residual_out,
                  plain.residual_out, c_.sum_dtype());
  } else if (c_.prenorm) {
    EXPECT_EQ(got.residual_out->data(), x_.ref().data) << "an alias of x";
  }

  ASSERT_TRUE(got.rstd.has_value());
  EXPECT_TRUE(got.rstd->shape() == Dims(std::span(c_.shape.begin(), c_.shape.size() - 1)));
  expect_within("rstd", contents(*got.rstd, rstd_), ref64.rstd, plain.rstd, DType::f32);
  ASSERT_EQ(got.mean.has_value(), !c_.is_rms_norm());
  if (got.mean)
    expect_within("mean", contents(*got.mean, mean_), ref64.mean, plain.mean, DType::f32);

  const bool masks = c_.return_dropout_mask && c_.drops();
  ASSERT_EQ(got.mask.has_value(), masks);
  ASSERT_EQ(got.mask1.has_value(), masks && c_.x1);
  if (got.mask) {
    EXPECT_EQ(got.mask->dtype(), DType::i1);
    EXPECT_TRUE(got.mask->shape() == c_.shape);
    EXPECT_EQ(download(*got.mask), p.mask);
  }
  if (got.mask1) {
    EXPECT_EQ(download(*got.mask1), p.mask1);
  }
}

reference::NormSaved NormCall::saved_values(const ops::NormOut& saved) const {
  return {saved.residual_out && c_.stores_sum() ? contents(*saved.residual_out, residual_out_)
                                                : x_.values(),
          contents(*saved.rstd, rstd_),
          saved.mean ? contents(*saved.mean, mean_) : std::vector<double>{}};
}

void NormCall::expect_gradients(const ops::NormOut& saved, const ops::NormGrads& got) const {
  reference::NormOutputGradients d = output_gradients();
  d.saved = saved_values(saved);
  expect_gradients(d, got);
}

void NormCall::expect_true_gradients(const ops::NormGrads& got) const {
  expect_gradients(output_gradients(), got);
}

void NormCall::expect_gradients(const reference::NormOutputGradients& d,
                                const ops::NormGrads& got) const {
  stream_.synchronize();
  const reference::NormProblem p = problem();
  const auto ref64 = norm_bwd(p, d, Precision::fp64), plain = norm_bwd(p, d, Precision::plain);
  using Member = std::vector<double> reference::NormInputGradients::*;
  const auto expect = [&](const char* name, const Tensor& tensor, DType dtype, Member member,
                          const PaddedTensor& destination = {}) {
    EXPECT_EQ(tensor.dtype(), dtype) << name;
    expect_within(name, contents(tensor, destination), ref64.*member, plain.*member, dtype, 3);
  };

  expect("dx", got.dx, c_.x, &reference::NormInputGradients::dx, dx_);
  expect("dweight", got.dweight, c_.weight, &reference::NormInputGradients::dweight);
  ASSERT_EQ(got.dbias.has_value(), c_.bias.has_value());
  ASSERT_EQ(got.dresidual.has_value(), c_.residual.has_value());
  ASSERT_EQ(got.dx1.has_value(), c_.x1.has_value());
  ASSERT_EQ(got.dweight1.has_value(), c_.weight1.has_value());
  ASSERT_EQ(got.dbias1.has_value(), c_.bias1.has_value());
  if (got.dbias) expect("dbias", *got.dbias, *c_.bias, &reference::NormInputGradients::dbias);
  if (got.dresidual)
    expect("dresidual", *got.dresidual, c_.sum_dtype(), &reference::NormInputGradients::dresidual,
           dresidual_);
  if (got.dx1) expect("dx1", *got.dx1, c_.x, &reference::NormInputGradients::dx1, dx1_);
  if (got.dweight1)
    expect("dweight1", *got.dweight1, *c_.weight1, &reference::NormInputGradients::dweight1);
  if (got.dbias1) expect("dbias1", *got.dbias1, *c_.bias1, &reference::NormInputGradients::dbias1);
}

void expect_accurate_gradients(Stream& stream, const NormCase& c) {
  SCOPED_TRACE(stream.device()->name() + " " + c.describe());
  const NormCall call(stream, c);
  const ops::NormOut saved = call.forward();
  call.expect_forward(saved);
  call.expect_gradients(saved, call.backward(saved));
}

void expect_true_gradients(Stream& stream, const NormCase& c) {
  SCOPED_TRACE(stream.device()->name() + " " + c.describe());
  const NormCall call(stream, c);
  const ops::NormOut saved = call.forward();
  call.expect_forward(saved);
  const ops::NormGrads got = call.backward(saved);
  call.expect_gradients(saved, got);
  call.expect_true_gradients(got);
}

}  // namespace tegula::testing
