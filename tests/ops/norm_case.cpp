#include "tests/ops/norm_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tegula::testing {
namespace {

std::string name_of(const std::optional<DType>& dtype) {
  return dtype ? std::string(dtype_name(*dtype)) : "none";
}

reference::Values values_of(const PaddedTensor& tensor) {
  if (!tensor.ref().present()) return {};
  return {tensor.ref().dtype, tensor.values()};
}

}  // namespace

std::int64_t NormCase::rows() const {
  return element_count(Dims(std::span(shape.begin(), shape.size() - 1)));
}

std::string NormCase::describe() const {
  const char* const names[] = {"rms_norm_fn", "layer_norm_fn", "layer_norm_fn is_rms_norm"};
  std::string text = fmt::format(
      "{} {} x {} weight {} bias {} residual {} x1 {} weight1 {} bias1 {} rowscale {} out {} p {}",
      names[static_cast<int>(function)], to_string(shape), dtype_name(x), dtype_name(weight),
      name_of(bias), name_of(residual), name_of(x1), name_of(weight1), name_of(bias1),
      name_of(rowscale), name_of(out), dropout_p);
  if (prenorm) text += " prenorm";
  if (residual_in_fp32) text += " residual_in_fp32";
  if (zero_centered_weight) text += " zero_centered_weight";
  if (return_dropout_mask) text += " return_dropout_mask";
  if (destinations) text += " destinations";
  return text + fmt::format(" padding {} lead {}", row_padding, lead);
}

PaddedTensor NormCall::rows_of(std::optional<DType> dtype, std::uint64_t seed) const {
  if (!dtype) return {};
  return {stream_, *dtype, c_.shape, c_.row_padding, normal_values(element_count(c_.shape), seed),
          c_.lead};
}

PaddedTensor NormCall::columns_of(std::optional<DType> dtype, std::uint64_t seed) const {
  if (!dtype) return {};
  return {stream_, *dtype, {c_.n()}, 0, normal_values(c_.n(), seed), c_.lead};
}

NormCall::NormCall(Stream& stream, const NormCase& c) : stream_(stream), c_(c) {
  x_ = rows_of(c.x, 1);
  weight_ = columns_of(c.weight, 2);
  bias_ = columns_of(c.bias, 3);
  residual_ = rows_of(c.residual, 4);
  x1_ = rows_of(c.x1, 5);
  weight1_ = columns_of(c.weight1, 6);
  bias1_ = columns_of(c.bias1, 7);
  if (c.rowscale)
    rowscale_ = {stream, *c.rowscale, {c.rows()}, 0, normal_values(c.rows(), 8), c.lead};
  dy_ = rows_of(c.out.value_or(c.x), 11);
  if (c.weight1) dy1_ = rows_of(c.out.value_or(c.x), 12);
  if (c.prenorm) dresidual_out_ = rows_of(c.sum_dtype(), 13);
  if (c.destinations) make_destinations();

  options.bias = bias_.ref();
  options.residual = residual_.ref();
  options.x1 = x1_.ref();
  options.weight1 = weight1_.ref();
  options.bias1 = bias1_.ref();
  options.eps = c.eps;
  options.dropout_p = c.dropout_p;
  options.rowscale = rowscale_.ref();
  options.prenorm = c.prenorm;
  options.residual_in_fp32 = c.residual_in_fp32;
  options.zero_centered_weight = c.zero_centered_weight;
  options.is_rms_norm = c.function == NormFunction::layer_as_rms;
  options.return_dropout_mask = c.return_dropout_mask;
  options.out_dtype = c.out;
  options.out = out_.ref();
  options.residual_out = residual_out_.ref();
  options.rstd = statistics_ref(rstd_);
  options.mean = statistics_ref(mean_);
  if (c.drops()) options.rng = c.rng;
  options.config = c.config;
}

PaddedTensor NormCall::destination(DType dtype) const {
  const std::vector<double> nans(static_cast<std::size_t>(element_count(c_.shape)), std::nan(""));
  return {stream_, dtype, c_.shape, c_.row_padding, nans, c_.lead};
}

/// Every second element of a longer vector, where rows have gaps too.
PaddedTensor NormCall::statistics_destination() const {
  const std::vector<double> nans(static_cast<std::size_t>(c_.rows()), std::nan(""));
  return {stream_, DType::f32, {c_.rows(), 1}, c_.row_padding > 0 ? 1 : 0, nans, c_.lead};
}

TensorRef NormCall::statistics_ref(const PaddedTensor& tensor) const {
  TensorRef ref = tensor.ref();
  if (!ref.present()) return ref;
  std::int64_t stride = ref.strides[0];
  ref.shape = ref.strides = Dims(std::span(c_.shape.begin(), c_.shape.size() - 1));
  for (std::size_t d = ref.rank(); d-- > 0; stride *= ref.shape[d]) ref.strides[d] = stride;
  return ref;
}

void NormCall::make_destinations() {
  out_ = destination(c_.out.value_or(c_.x));
  if (c_.stores_sum()) residual_out_ = destination(c_.sum_dtype());
  rstd_ = statistics_destination();
  if (!c_.is_rms_norm()) mean_ = statistics_destination();
  dx_ = destination(c_.x);
  if (c_.residual) dresidual_ = destination(c_.sum_dtype());
  if (c_.x1) dx1_ = destination(c_.x);
}

ops::NormOut NormCall::forward() const {
  const auto function = c_.function == NormFunction::rms ? ops::rms_norm_fn : ops::layer_norm_fn;
  return function(stream_, x_.ref(), weight_.ref(), options);
}

ops::NormBwdOptions NormCall::backward_options(const ops::NormOut& saved) const {
  ops::NormBwdOptions o;
  o.bias = options.bias;
  o.dy1 = dy1_.ref();
  o.weight1 = options.weight1;
  o.bias1 = options.bias1;
  if (saved.mean) o.mean = *saved.mean;
  o.dresidual_out = dresidual_out_.ref();
  o.rowscale = options.rowscale;
  o.dropout_p = options.dropout_p;
  o.rng = options.rng;
  o.has_residual = c_.residual.has_value();
  o.has_x1 = c_.x1.has_value();
  o.zero_centered_weight = options.zero_centered_weight;
  o.is_rms_norm = options.is_rms_norm;
  o.x_dtype = c_.x;
  o.dx = dx_.ref();
  o.dresidual = dresidual_.ref();
  o.dx1 = dx1_.ref();
  o.config = c_.config;
  return o;
}

ops::NormGrads NormCall::backward(const ops::NormOut& saved) const {
  const auto function =
      c_.function == NormFunction::rms ? ops::rms_norm_fn_bwd : ops::layer_norm_fn_bwd;
  const TensorRef s = saved.residual_out ? saved.residual_out->ref() : x_.ref();
  return function(stream_, dy_.ref(), s, *saved.rstd, weight_.ref(), backward_options(saved));
}

reference::NormProblem NormCall::problem() const {
  reference::NormProblem p = {.rows = c_.rows(),
                              .n = c_.n(),
                              .x = values_of(x_),
                              .weight = values_of(weight_),
                              .bias = values_of(bias_),
                              .residual = values_of(residual_),
                              .x1 = values_of(x1_),
                              .weight1 = values_of(weight1_),
                              .bias1 = values_of(bias1_),
                              .rowscale = values_of(rowscale_),
                              .layerscale = {},
                              .eps = c_.eps,
                              .is_rms_norm = c_.is_rms_norm(),
                              .residual_in_fp32 = c_.residual_in_fp32,
                              .zero_centered_weight = c_.zero_centered_weight,
                              .out_dtype = c_.out.value_or(c_.x),
                              .mask = {},
                              .mask1 = {}};
  p.drop_out({c_.dropout_p, c_.rng.seed, c_.rng.offset});
  return p;
}

reference::NormOutputGradients NormCall::output_gradients() const {
  return {values_of(dy_), values_of(dy1_), values_of(dresidual_out_)};
}

}  // namespace tegula::testing
