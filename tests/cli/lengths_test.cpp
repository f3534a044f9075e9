// Every op over rows, of every length at which something changes, as `tegula run` reports it: right
// by the rule, no byte requested more often than docs/ops-guide.md says, in full vectors, without bank
// conflicts.
#include <fmt/format.h>

#include "tegula/dtype.h"
#include "tests/cli/cli_harness.h"

namespace tegula::testing {
namespace {

struct Length {
  std::int64_t n, rows;
  const char *dtype, *other;  ///< of the first tensor, of others
};
// One element, less than a warp's vectors, no power of two, the common case, odd, the longest that
// a block holds, a loop.
constexpr Length lengths[] = {{1, 5, "f32", "bf16"},    {77, 5, "bf16", "f32"},
                              {1000, 5, "f16", "f16"},  {4096, 3, "bf16", "bf16"},
                              {8191, 2, "bf16", "f16"}, {16384, 2, "bf16", "f32"},
                              {65536, 2, "f32", "bf16"}};
constexpr std::int64_t longest_held = 16384;

/// How often the kernels of an op request each tensor of x's shape.
struct Requests {
  const char* name;
  int held, looped;  ///< a row in one tile, a row in many
};

struct OpCase {
  const char *op, *tensors;  ///< {X}, {V}, {R}: matrix, vector of n, of rows
  std::vector<Requests> loads;
  std::vector<const char*> outputs;  ///< stored once
  double vectors = 0.98;             ///< the least share of bytes moved by 16-byte accesses
};
void PrintTo(const OpCase& c, std::ostream* stream) { *stream << c.op; }

const OpCase cases[] = {
    {"rms_norm_fn",
     "x={X}:{D} weight={V}:{E} residual={X}:{E} bias={V}:{D}",
     {{"x", 1, 2}, {"residual", 1, 2}},
     {"y", "residual_out", "rstd"}},
    {"layer_norm_fn",
     "x={X}:{D} weight={V}:{E} x1={X}:{E} bias={V}:{D} weight1={V}:{D} bias1={V}:{E}",
     {{"x", 1, 2}, {"x1", 1, 2}},
     {"y", "y1", "residual_out", "rstd", "mean"}},
    {"softmax", "x={X}:{D}", {{"x", 1, 2}}, {"y"}},
    {"log_softmax", "x={X}:{D}", {{"x", 1, 2}}, {"y"}},
    // With the forward call, which makes y.
    {"softmax_bwd", "x={X}:{D} dy={X}:{E}", {{"x", 1, 2}, {"y", 1, 2}, {"dy", 1, 2}}, {"dx"}},
    {"log_softmax_bwd", "x={X}:{D} dy={X}:{E}", {{"x", 1, 2}, {"y", 1, 1}, {"dy", 1, 2}}, {"dx"}},
    {"cross_entropy", "x={X}:{D} target={R}:i64", {{"x", 1, 1}, {"target", 1, 1}}, {"loss", "lse"}},
    {"cross_entropy_bwd",
     "x={X}:{D} target={R}:i64 dloss={R}:{E}",
     {{"x", 2, 2}, {"target", 2, 2}, {"dloss", 1, 1}},
     {"dx"}},
    {"swiglu", "a={X}:{D} b={X}:{E}", {{"a", 1, 1}, {"b", 1, 1}}, {"y"}},
    {"swiglu_bwd",
     "a={X}:{D} b={X}:{E} dy={X}:{D}",
     {{"a", 1, 1}, {"b", 1, 1}, {"dy", 1, 1}},
     {"da", "db"}},
    // A thread that has 8 elements stores 8 bytes of the mask.
    {"dropout", "x={X}:{D}", {{"x", 1, 1}}, {"y", "mask"}, 0.8},
};

std::string line_of(const OpCase& c, const Length& length) {
  std::string line = fmt::format("run {} --check --counters --json", c.op);
  std::istringstream tensors(fmt::format(fmt::runtime(c.tensors),
                                         fmt::arg("X", fmt::format("{}x{}", length.rows, length.n)),
                                         fmt::arg("V", length.n), fmt::arg("R", length.rows),
                                         fmt::arg("D", length.dtype), fmt::arg("E", length.other)));
  for (std::string tensor; tensors >> tensor;) line += " --random " + tensor;
  return line;
}

/// Of an input; y is the forward call's, in x's shape and dtype.
std::uint64_t bytes_of_input(const OpCase& c, const Length& length, const std::string& name) {
  std::istringstream tensors(line_of(c, length));
  for (std::string word; tensors >> word;)
    if (word.starts_with((name == "y" ? "x" : name) + "=")) {
      const std::string dtype = word.substr(word.find(':') + 1);
      const bool matrix = word.find(fmt::format("{}x{}", length.rows, length.n)) != word.npos;
      return static_cast<std::uint64_t>((matrix ? length.rows * length.n : length.rows) *
                                        dtype_bytes(*parse_dtype(dtype)));
    }
  ADD_FAILURE() << name;
  return 0;
}

std::uint64_t bytes_of(const nlohmann::json& output) {
  auto bytes =
      static_cast<std::uint64_t>(dtype_bytes(*parse_dtype(output.at("dtype").get<std::string>())));
  for (const auto& extent : output.at("shape")) bytes *= extent.get<std::uint64_t>();
  return bytes;
}

class Lengths : public ::testing::TestWithParam<std::tuple<std::string, OpCase>> {};

TEST_P(Lengths, RightAndFrugal) {
  const auto& [device, c] = GetParam();
  for (const Length& length : lengths) {
    SCOPED_TRACE(line_of(c, length));
    const CliResult result = tegula_cli(line_of(c, length) + " --device " + device);
    ASSERT_EQ(result.status, 0) << result.err << result.out;
    const auto json = result.json();
    EXPECT_TRUE(json.at("passed").get<bool>());
    const auto& counters = json.at("counters");
    EXPECT_TRUE(counters.at("reports").empty());
    // A cluster's blocks hold a long row together.
    const auto& config = json.at("launches")[0].at("config");
    const bool held = length.n <= longest_held || config.value("cluster", 1) > 1;
    for (const Requests& r : c.loads)
      EXPECT_EQ(counters.at("arguments").at(r.name).at("load_bytes"),
                bytes_of_input(c, length, r.name) *
                    static_cast<std::uint64_t>(held ? r.held : r.looped))
          << r.name;
    for (const char* name : c.outputs)
      EXPECT_EQ(counters.at("arguments").at(name).at("store_bytes"),
                bytes_of(json.at("outputs").at(name)))
          << name;
    if (length.n % 8 == 0) {
      EXPECT_GE(counters.at("vector128_fraction").get<double>(), c.vectors);
    }
    // int64 targets of several rows pass between lanes 16 apart, which are two requests a warp.
    const bool targets_of_rows = counters.at("arguments").contains("target") && length.n == 77;
    const std::int64_t more = targets_of_rows ? 4 * counters.at("blocks").get<std::int64_t>() : 0;
    EXPECT_LE(counters.at("shared_wavefronts").get<std::int64_t>(),
              counters.at("min_shared_wavefronts").get<std::int64_t>() + more);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Lengths,
                         ::testing::Combine(::testing::Values(std::string("sim:sm_80"),
                                                              std::string("sim:sm_90a")),
                                            ::testing::ValuesIn(cases)),
                         [](const auto& info) {
                           return std::get<0>(info.param).substr(4) + "_" +
                                  std::get<1>(info.param).op;
                         });

}  // namespace
}  // namespace tegula::testing
