// Lesson 2: a fused kernel of your own.
//
// A layer of a network whose output is stored in 8 bits: add a bias, apply GELU, and quantise each
// row to int8 with a scale of its own. As separate kernels that is five trips through memory; here
// x is read once and 8-bit codes are written once.
#include <algorithm>
#include <cmath>

#include "examples/common/common.h"
#include "tegula/dsl.h"

namespace {

using namespace tegula;

// What may be tuned is a plain struct. `bn` is the tile's width: a power of two, at least n.
struct QuantiseConfig {
  int bn = 2048, warps = 4;
};

// One block for each row. `codes` is int8 (rows, n), `scales` is f32 (rows): x' = code * scale.
// A tile is wider than the row; what lies outside the tensor loads as 0 and is not stored, so no
// length is a special case, and 0 is the least that |x'| can be: the maximum is right, too.
void bias_gelu_quantise(const QuantiseConfig& c, In x, In bias, Out codes, Out scales) {
  auto [rows, n] = dims2(x);
  require(bias, {n}), require(codes, {rows, n}), require(scales, {rows});
  require(x, {rows, min(n, c.bn)});  // a longer row would be cut
  auto [r] = grid({rows});
  Tile v = x.tiles({1, c.bn}).load({r, 0}).to(f32) + bias.tiles({c.bn}).load({0}).to(f32);
  Tile gelu = 0.5f * v * (1 + erf(v * 0.70710678f));
  Tile scale = max(reduce_max(abs(gelu), 1) / 127, 1e-30f);
  codes.tiles({1, c.bn}).store(floor(gelu / scale + 0.5f).to(i8), {r, 0});
  scales.tiles({1}).store(scale.squeeze(), {r});
}

// The kernel's name and those of its parameters, which errors, counters and profilers use.
// A row's length is a constant of the compiled code: each length is compiled once.
const auto quantise =
    kernel("bias_gelu_quantise", bias_gelu_quantise, {"x", "bias", "codes", "scales"})
        .specialise_dim("x", 1)
        .field("bn", &QuantiseConfig::bn)
        .sweep("warps", &QuantiseConfig::warps, {2, 4, 8});

double gelu(double v) { return 0.5 * v * (1 + std::erf(v * std::sqrt(0.5))); }

/// The largest difference from fp64, in units of the row's scale: rounding alone is 0.5.
double worst_step(std::size_t n, const std::vector<float>& x, const std::vector<float>& bias,
                  const std::vector<std::int8_t>& codes, const std::vector<float>& scales) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double want = gelu(double{x[i]} + double{bias[i % n]});
    worst = std::max(worst, std::abs(codes[i] - want / double{scales[i / n]}));
  }
  return worst;
}

int lesson() {
  constexpr std::int64_t rows = 6, n = 1234;  // any length up to bn
  const std::vector<float> x = examples::normal_values(rows * n, 0, 1);
  const std::vector<float> bias = examples::normal_values(n, 0, 2);

  Stream stream(examples::open_any_device());
  std::printf("running on %s\n", stream.device()->name().c_str());
  const Tensor codes = stream.empty(i8, {rows, n}), scales = stream.empty(f32, {rows});
  quantise.launch(stream, examples::upload(stream, f32, {rows, n}, x),
                  examples::upload(stream, f32, {n}, bias), codes, scales);

  const auto got = examples::download<std::int8_t>(codes);
  const auto got_scales = examples::download<float>(scales);
  std::printf("row 0: scale %.5f, codes", static_cast<double>(got_scales[0]));
  for (std::size_t i = 0; i < 8; ++i) std::printf(" %d", got[i]);
  const double worst = worst_step(n, x, bias, got, got_scales);
  std::printf(" ...\nlargest difference from fp64: %.4f steps\n", worst);

  // `require` guards every launch, before anything runs.
  try {
    quantise.launch(stream, examples::upload(stream, f32, {rows, n}, x), scales, codes, scales);
  } catch (const Error& error) {
    std::printf("a mistake: %s\n", error.what());
  }
  return worst < 0.501 ? 0 : 1;  // half a step, and what f32 rounds
}

}  // namespace

int main() { return examples::run_lesson(lesson); }
