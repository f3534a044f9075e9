#include "tests/ops/dropout_add_norm_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/reference/transfer.h"

namespace tegula::testing {
namespace {

using reference::download;
using reference::Precision;
using Form = DropoutAddNormCase::Form;
using Gradients = reference::NormInputGradients;

/// How many rows a map names.
std::int64_t named(const std::vector<std::int32_t>& map) {
  return std::ranges::count_if(map, [](std::int32_t row) { return row != 0; });
}

class Call {
 public:
  Call(Stream& stream, const DropoutAddNormCase& c) : stream_(stream), c_(c) {
    x0_ = matrix(c.x0_rows(), c.x0, 1);
    weight_ = vector(c.weight, 2);
    if (c.bias) bias_ = vector(c.weight, 3);
    if (c.residual) residual_ = matrix(c.rows, *c.residual, 4);
    if (c.layerscale) layerscale_ = vector(c.weight, 5);
    if (c.rowscale) rowscale_ = upload(stream, c.x0, {c.rows}, normal_values(c.rows, 6));
    if (c.x1) x1_ = matrix(c.rows, c.x0, 7);
    if (c.weight1) weight1_ = vector(c.weight, 8);
    if (c.weight1 && c.bias) bias1_ = vector(c.weight, 9);
    x0_subset_ = map(c.x0_subset);
    out_subset_ = map(c.out_subset);
    dy_ = matrix(c.y_rows(), c.x0, 11);
    if (c.weight1) dy1_ = matrix(c.y_rows(), c.x0, 12);
    if (c.prenorm) dresidual_out_ = matrix(c.rows, c.sum_dtype(), 13);
    make_problem();
  }

  void expect_all() {
    const ops::NormOut out = forward();
    expect_forward(out);
    const TensorRef s = out.residual_out ? out.residual_out->ref() : x0_->ref();
    if (c_.form == Form::parallel)
      expect_parallel(out, s);
    else
      expect_gradients(out, s);
  }

 private:
  using Optional = std::optional<Tensor>;

  Tensor matrix(std::int64_t rows, DType dtype, std::uint64_t seed) {
    return upload(stream_, dtype, {rows, c_.n}, normal_values(rows * c_.n, seed));
  }
  Tensor vector(DType dtype, std::uint64_t seed) {
    return upload(stream_, dtype, {c_.n}, normal_values(c_.n, seed));
  }
  Optional map(const std::vector<std::int32_t>& rows) {
    if (rows.empty()) return std::nullopt;
    return upload(stream_, DType::i32, {static_cast<std::int64_t>(rows.size())},
                  {rows.begin(), rows.end()});
  }
  static TensorRef ref(const Optional& tensor) { return tensor ? tensor->ref() : TensorRef{}; }
  static reference::Values values(const Optional& tensor) {
    if (!tensor) return {};
    return {tensor->dtype(), download(*tensor)};
  }

  void make_problem() {
    problem_.rows = c_.x0_rows();
    problem_.n = c_.n;
    problem_.x = values(x0_);
    problem_.x1 = values(x1_);
    problem_.drop_out({c_.dropout_p, c_.rng.seed, c_.rng.offset});
    problem_.rows = c_.rows;
    problem_.weight = values(weight_);
    problem_.bias = values(bias_);
    problem_.residual = values(residual_);
    problem_.weight1 = values(weight1_);
    problem_.bias1 = values(bias1_);
    problem_.rowscale = values(rowscale_);
    problem_.layerscale = values(layerscale_);
    problem_.is_rms_norm = c_.is_rms_norm;
    problem_.eps = epsilon;
    problem_.residual_in_fp32 = c_.residual_in_fp32;
    problem_.out_dtype = c_.x0;
    subset_ = {{c_.x0_subset.begin(), c_.x0_subset.end()},
               {c_.out_subset.begin(), c_.out_subset.end()},
               c_.y_rows(),
               c_.rowscale_const};
  }

  template <class Options>
  Options options() const {
    Options o;
    o.residual = ref(residual_);
    o.dropout_p = c_.dropout_p;
    o.epsilon = epsilon;
    o.prenorm = c_.prenorm;
    o.residual_in_fp32 = c_.residual_in_fp32;
    o.return_dropout_mask = true;
    if (c_.dropout_p > 0) o.rng = c_.rng;
    o.config = c_.config;
    return o;
  }

  ops::NormOut forward() {
    if (c_.form == Form::parallel) {
      const auto function = c_.is_rms_norm ? ops::dropout_add_rms_norm_parallel_residual
                                           : ops::dropout_add_layer_norm_parallel_residual;
      auto o = options<ops::DropoutAddNormParallelOptions>();
      o.x1 = ref(x1_);
      o.bias0 = ref(bias_);
      o.weight1 = ref(weight1_);
      o.bias1 = ref(bias1_);
      return function(stream_, ref(x0_), ref(weight_), o);
    }
    if (c_.form == Form::subset) {
      auto o = options<ops::DropoutAddNormSubsetOptions>();
      o.bias = ref(bias_);
      o.layerscale = ref(layerscale_);
      o.x0_subset = ref(x0_subset_);
      o.out_subset = ref(out_subset_);
      o.rowscale_const = c_.rowscale_const;
      o.out_numrows = c_.y_rows();
      const auto function =
          c_.is_rms_norm ? ops::dropout_add_rms_norm_subset : ops::dropout_add_layer_norm_subset;
      return function(stream_, ref(x0_), ref(weight_), o);
    }
    auto o = options<ops::DropoutAddNormOptions>();
    o.bias = ref(bias_);
    o.rowscale = ref(rowscale_);
    o.layerscale = ref(layerscale_);
    const auto function = c_.is_rms_norm ? ops::dropout_add_rms_norm : ops::dropout_add_layer_norm;
    return function(stream_, ref(x0_), ref(weight_), o);
  }

  void expect_forward(const ops::NormOut& got) {
    const auto ref64 = norm(problem_, subset_, Precision::fp64);
    const auto plain = norm(problem_, subset_, Precision::plain);
    EXPECT_EQ(got.y.dtype(), c_.x0);
    EXPECT_TRUE(got.y.shape() == (Dims{c_.y_rows(), c_.n}));
    expect_within("y", download(got.y), ref64.y, plain.y, c_.x0);
    ASSERT_EQ(got.y1.has_value(), c_.weight1);
    if (got.y1) expect_within("y1", download(*got.y1), ref64.y1, plain.y1, c_.x0);
    if (c_.prenorm) {
      ASSERT_TRUE(got.residual_out.has_value());
    }
    if (got.residual_out) {
      EXPECT_EQ(got.residual_out->dtype(), c_.sum_dtype());
      expect_within("residual_out", download(*got.residual_out), ref64.residual_out,
                    plain.residual_out, c_.sum_dtype());
    }
    const auto all_of = [](const reference::Values& of) {
      return std::vector<double>(of.data.size(), 1);
    };
    const bool drops = c_.dropout_p > 0;
    EXPECT_TRUE(got.mask.value().shape() == x0_->shape());
    EXPECT_EQ(download(*got.mask), drops ? problem_.mask : all_of(problem_.x));
    ASSERT_EQ(got.mask1.has_value(), c_.x1);
    if (got.mask1) {
      EXPECT_EQ(download(*got.mask1), drops ? problem_.mask1 : all_of(problem_.x1));
    }
  }

  void expect(const char* name, const Optional& got, bool wanted, DType dtype,
              std::vector<double> Gradients::*member) {
    ASSERT_EQ(got.has_value(), wanted) << name;
    if (!got) return;
    EXPECT_EQ(got->dtype(), dtype) << name;
    expect_within(name, download(*got), ref64_.*member, plain_.*member, dtype, 3);
  }

  void expect_gradients(const ops::NormOut& saved, const TensorRef& s) {
    make_gradients();
    ops::DropoutAddNormBwdOptions o;
    o.bias = ref(bias_);
    o.mean = ref(saved.mean);
    o.dresidual_out = ref(dresidual_out_);
    o.rowscale = ref(rowscale_);
    o.layerscale = ref(layerscale_);
    if (c_.layerscale || c_.form == Form::subset) o.x0 = ref(x0_);
    o.dropout_p = c_.dropout_p;
    if (c_.dropout_p > 0) o.rng = c_.rng;
    o.has_residual = c_.residual.has_value();
    o.x_dtype = c_.x0;
    o.config = c_.config;
    ops::DropoutAddNormGrads got;
    if (c_.form == Form::subset) {
      const auto function = c_.is_rms_norm ? ops::dropout_add_rms_norm_subset_bwd
                                           : ops::dropout_add_layer_norm_subset_bwd;
      got = function(stream_, ref(dy_), s, *saved.rstd, ref(weight_),
                     {ref(x0_subset_), ref(out_subset_), c_.rowscale_const}, o);
    } else {
      const auto function =
          c_.is_rms_norm ? ops::dropout_add_rms_norm_bwd : ops::dropout_add_layer_norm_bwd;
      got = function(stream_, ref(dy_), s, *saved.rstd, ref(weight_), o);
    }
    EXPECT_TRUE(got.dx0.shape() == x0_->shape());
    expect("dx0", got.dx0, true, c_.x0, &Gradients::dx);
    expect("dweight", got.dweight, true, c_.weight, &Gradients::dweight);
    expect("dbias", got.dbias, c_.bias, c_.weight, &Gradients::dbias);
    expect("dresidual", got.dresidual, c_.residual.has_value(), c_.sum_dtype(),
           &Gradients::dresidual);
    expect("dlayerscale", got.dlayerscale, c_.layerscale, c_.weight, &Gradients::dlayerscale);
  }

  void expect_parallel(const ops::NormOut& saved, const TensorRef& s) {
    make_gradients();
    ops::NormBwdOptions o;
    o.bias = ref(bias_);
    o.dy1 = ref(dy1_);
    o.weight1 = ref(weight1_);
    o.bias1 = ref(bias1_);
    o.mean = ref(saved.mean);
    o.dresidual_out = ref(dresidual_out_);
    o.dropout_p = c_.dropout_p;
    if (c_.dropout_p > 0) o.rng = c_.rng;
    o.has_residual = c_.residual.has_value();
    o.has_x1 = c_.x1;
    o.x_dtype = c_.x0;
    o.config = c_.config;
    const auto function = c_.is_rms_norm ? ops::dropout_add_rms_norm_parallel_residual_bwd
                                         : ops::dropout_add_layer_norm_parallel_residual_bwd;
    const ops::NormGrads got = function(stream_, ref(dy_), s, *saved.rstd, ref(weight_), o);
    expect("dx0", got.dx, true, c_.x0, &Gradients::dx);
    expect("dx1", got.dx1, c_.x1, c_.x0, &Gradients::dx1);
    expect("dweight0", got.dweight, true, c_.weight, &Gradients::dweight);
    expect("dweight1", got.dweight1, c_.weight1, c_.weight, &Gradients::dweight1);
    expect("dbias0", got.dbias, c_.bias, c_.weight, &Gradients::dbias);
    expect("dbias1", got.dbias1, c_.weight1 && c_.bias, c_.weight, &Gradients::dbias1);
    expect("dresidual", got.dresidual, c_.residual.has_value(), c_.sum_dtype(),
           &Gradients::dresidual);
  }

  void make_gradients() {
    const reference::NormOutputGradients d = {values(dy_), values(dy1_), values(dresidual_out_)};
    ref64_ = norm_bwd(problem_, subset_, d, Precision::fp64);
    plain_ = norm_bwd(problem_, subset_, d, Precision::plain);
  }

  static constexpr float epsilon = 1e-5F;
  Stream& stream_;
  const DropoutAddNormCase& c_;
  Optional x0_, weight_, bias_, residual_, layerscale_, rowscale_, x1_, weight1_, bias1_;
  Optional x0_subset_, out_subset_, dy_, dy1_, dresidual_out_;
  reference::NormProblem problem_;
  reference::NormSubset subset_;
  Gradients ref64_, plain_;
};

}  // namespace

std::int64_t DropoutAddNormCase::x0_rows() const {
  return x0_subset.empty() ? rows : named(x0_subset);
}
std::int64_t DropoutAddNormCase::y_rows() const {
  return out_subset.empty() ? rows : named(out_subset);
}

std::string DropoutAddNormCase::describe() const {
  std::string text =
      fmt::format("form {} rms {} {}x{} x0 {} weight {} residual {} p {}", static_cast<int>(form),
                  is_rms_norm, rows, n, dtype_name(x0), dtype_name(weight),
                  residual ? dtype_name(*residual) : "none", dropout_p);
  const auto flag = [&](bool set, const char* name) {
    if (set) text += fmt::format(" {}", name);
  };
  flag(bias, "bias"), flag(layerscale, "layerscale"), flag(rowscale, "rowscale"), flag(x1, "x1");
  flag(weight1, "weight1"), flag(prenorm, "prenorm"), flag(residual_in_fp32, "residual_in_fp32");
  flag(!x0_subset.empty(), "x0_subset"), flag(!out_subset.empty(), "out_subset");
  return text;
}

void expect_accurate(Stream& stream, const DropoutAddNormCase& c) {
  SCOPED_TRACE(stream.device()->name() + " " + c.describe());
  Call(stream, c).expect_all();
}

}  // namespace tegula::testing
