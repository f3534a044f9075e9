// What `--check` lets pass, and what it does not: its rule on small inputs in f32, where the plain
// run is often right by luck, of every op.
#include <algorithm>
#include <cmath>
#include <map>

#include "ops/reference/accuracy.h"
#include "ops/reference/number_format.h"
#include "ops/reference/transfer.h"
#include "tegula/reference.h"
#include "tegula/simulator.h"
#include "tests/cli/cli_harness.h"
#include "tools/cli/run_options.h"

namespace tegula::cli {
namespace {

struct Shape {
  int rows, n;
};

struct Line {
  std::string op;
  std::vector<std::string> tensors;  ///< R and N stand for rows and columns
  std::vector<std::string> params = {};
};

std::vector<Line> lines() {
  std::vector<Line> all = {
      {"softmax", {"x=RxN"}},
      {"log_softmax", {"x=RxN"}},
      {"softmax_bwd", {"x=RxN", "dy=RxN"}},
      {"log_softmax_bwd", {"x=RxN", "dy=RxN"}},
      {"swiglu", {"a=RxN", "b=RxN"}},
      {"swiglu_bwd", {"a=RxN", "b=RxN", "dy=RxN"}},
      {"dropout", {"x=RxN"}, {"dropout_p=0.1"}},
      {"dropout_bwd", {"dy=RxN"}, {"dropout_p=0.1"}},
      {"rotary", {"x=Rx2x1xN", "cos=2x1", "sin=2x1"}},
      {"rotary_bwd", {"dy=Rx2x1xN", "cos=2x1", "sin=2x1"}},
  };
  const std::vector<std::string> terms = {"label_smoothing=0.1", "logit_scale=0.7",
                                          "lse_square_scale=0.01"};
  for (const auto& params : {std::vector<std::string>{}, terms}) {
    all.push_back({"cross_entropy", {"x=RxN", "target=R:i64"}, params});
    all.push_back({"cross_entropy_bwd", {"x=RxN", "target=R:i64", "dloss=R"}, params});
  }
  for (const std::string norm : {"rms_norm", "layer_norm"}) {
    all.push_back({norm + "_fn", {"x=RxN", "weight=N"}});
    all.push_back({norm + "_fn",
                   {"x=RxN", "weight=N", "residual=RxN", "bias=N", "rowscale=R"},
                   {"dropout_p=0.1", "zero_centered_weight=1"}});
    all.push_back({norm + "_fn_bwd",
                   {"x=RxN", "weight=N", "residual=RxN", "bias=N", "rowscale=R", "dy=RxN"},
                   {"dropout_p=0.1"}});
    const std::string add = "dropout_add_" + norm;
    const std::vector<std::string> one = {"x0=RxN", "residual=RxN", "weight=N", "layerscale=N"};
    const std::vector<std::string> two = {"x0=RxN", "x1=RxN", "weight0=N", "weight1=N"};
    const auto with = [](std::vector<std::string> tensors, std::vector<std::string> more) {
      tensors.insert(tensors.end(), more.begin(), more.end());
      return tensors;
    };
    all.push_back({add, one});
    all.push_back({add + "_bwd", with(one, {"dy=RxN"})});
    all.push_back({add + "_parallel_residual", two});
    all.push_back({add + "_parallel_residual_bwd", with(two, {"dy=RxN", "dy1=RxN"})});
  }
  return all;
}

std::string in_shape(std::string text, Shape shape) {
  for (const auto& [letter, extent] : {std::pair{'R', shape.rows}, {'N', shape.n}})
    for (std::size_t at = 0; (at = text.find(letter)) != std::string::npos;)
      text.replace(at, 1, std::to_string(extent));
  return text;
}

/// An output of one run, and what it should be.
struct Checked {
  std::string what;  ///< op and output
  std::vector<double> got;
  std::vector<double> ref64, plain, roundoff;
  double factor = 2;

  reference::Accuracy accuracy(const std::vector<double>& values) const {
    return reference::compare(values, ref64, plain, DType::f32, factor, roundoff);
  }
  /// The place of the smallest of the elements that have the ulp of the largest one: of these it is
  /// the one of which an ulp is the largest part.
  std::size_t large() const {
    double most = 0;
    for (const double value : ref64) most = std::max(most, std::fabs(value));
    std::size_t at = got.size();
    for (std::size_t i = 0; i < got.size(); ++i)
      if (std::ilogb(ref64[i]) == std::ilogb(most) &&
          (at == got.size() || std::fabs(ref64[i]) < std::fabs(ref64[at])))
        at = i;
    return at;
  }
};

/// The floating outputs of `tegula run`.
std::vector<Checked> run(Stream& stream, const Line& line, Shape shape, std::uint64_t seed) {
  OpCall call(find_op(line.op));
  RunOptions options;
  options.op = line.op;
  options.dtype = "f32";
  options.seed = seed;
  options.params = line.params;
  for (const std::string& text : line.tensors) options.random.push_back(in_shape(text, shape));
  read_params(call, options);
  std::vector<Tensor> tensors;
  for (const auto& [name, host] : read_tensors(call, options)) {
    tensors.push_back(stream.empty(host.dtype, host.shape));
    tensors.back().copy_from_host(host.bytes.data(), host.bytes.size());
    call.set(name, tensors.back());
  }
  call.run(stream);
  const auto [function, factor] = reference::find(line.op);
  const reference::Call seen(call);
  using reference::Precision;
  const reference::Outputs ref64 = function(seen, Precision::fp64),
                           plain = function(seen, Precision::plain),
                           roundoff = function(seen, Precision::roundoff);
  std::vector<Checked> checked;
  for (const auto& [name, tensor] : call.outputs())
    if (tensor.dtype() == DType::f32)
      checked.push_back({line.op + " " + name, reference::download(tensor), ref64.at(name),
                         plain.at(name), roundoff.at(name), factor});
  return checked;
}

class Check : public ::testing::Test {
 protected:
  Stream stream{make_sim_device("sm_90a")};
};

TEST_F(Check, PassesWhatIsRight) {
  for (const Line& line : lines())
    for (const auto& [shape, seeds] : {std::pair{Shape{1, 2}, 20}, {{1, 3}, 10}, {{2, 40}, 5}})
      for (int seed = 0; seed < seeds; ++seed)
        for (const Checked& output : run(stream, line, shape, static_cast<std::uint64_t>(seed))) {
          const reference::Accuracy a = output.accuracy(output.got);
          EXPECT_TRUE(a.passed) << output.what << ", seed " << seed << ", " << shape.rows << "x"
                                << shape.n << ": error " << a.max_error << ", bound " << a.bound;
        }
}

/// Among them are those that failed when plain alone decided.
TEST_F(Check, PassesWherePlainWasLucky) {
  int lucky = 0;
  for (const Line& line :
       {Line{"layer_norm_fn", {"x=RxN", "weight=N"}}, Line{"softmax_bwd", {"x=RxN", "dy=RxN"}}})
    for (const Shape shape : {Shape{1, 2}, {1, 100}})
      for (std::uint64_t seed = 0; seed < 50; ++seed)
        for (const Checked& output : run(stream, line, shape, seed)) {
          EXPECT_TRUE(output.accuracy(output.got).passed) << output.what << " " << seed;
          lucky +=
              !reference::compare(output.got, output.ref64, output.plain, DType::f32, output.factor)
                   .passed;
        }
  EXPECT_GT(lucky, 0);
}

/// An error of 4 ulp in a large element. Where many roundings lie behind it, it may be one of
/// f32 that is right; in no output is that the rule.
TEST_F(Check, FindsFourUlp) {
  struct Count {
    int of = 0, found = 0;
  };
  std::map<std::string, Count> counts;
  for (const Line& line : lines())
    for (const Shape shape : {Shape{1, 2}, {1, 40}})
      for (std::uint64_t seed = 0; seed < 25; ++seed)
        for (const Checked& output : run(stream, line, shape, seed)) {
          const std::size_t at = output.large();
          const double right = output.ref64[at];
          for (const double sign : {-1, 1}) {
            std::vector<double> wrong = output.got;
            wrong[at] = right + sign * 4 * reference::ulp(DType::f32, right);
            Count& count = counts[output.what];
            ++count.of;
            count.found += !output.accuracy(wrong).passed;
          }
        }
  Count all;
  for (const auto& [what, count] : counts) {
    EXPECT_GT(count.found, 0) << what;
    all.of += count.of;
    all.found += count.found;
  }
  EXPECT_GT(all.found, all.of / 2);
  EXPECT_GE(counts.size(), 60U) << "outputs";
}

}  // namespace
}  // namespace tegula::cli
