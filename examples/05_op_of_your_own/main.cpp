// Lesson 5: an op of your own, and its command line.
//
// A kernel computes; an op is what others call: it checks what it is given, allocates what it
// returns, and is as cheap to call again as the library's own. Described once, it gets all of
// `tegula` too: run it on random tensors, against its reference, with every check of the simulator.
#include "tegula/cli.h"
#include "tegula/dsl.h"
#include "tegula/op.h"
#include "tegula/reference.h"

namespace {

using namespace tegula;

struct GateConfig {
  int bn = 1024, warps = 4;
};

// y = x * sigmoid(x + bias), a tile of a row for each block.
void gate(const GateConfig& c, In x, In bias, Out y) {
  auto [rows, n] = dims2(x);
  require(bias, {n}), require(y, {rows, n});
  auto [i, j] = grid({rows, cdiv(n, c.bn)});
  Tile v = x.tiles({1, c.bn}).load({i, j}).to(f32);
  Tile shifted = v + bias.tiles({c.bn}).load({j}).to(f32);
  y.tiles({1, c.bn}).store((v / (1 + exp(-shifted))).to(y.dtype()), {i, j});
}
const auto gate_kernel = kernel("gate", gate, {"x", "bias", "y"})
                             .field("bn", &GateConfig::bn)
                             .field("warps", &GateConfig::warps);

// What a call gives: tensors, options, memory for the result if it is the caller's.
struct GateArgs {
  TensorRef x, bias;
  TensorRef out = {};
  std::optional<GateConfig> config = {};
};

// Extents by name: every tensor that says N must have the same one.
const auto gate_op =
    Op<GateArgs, Tensor>("gate", "y = x * sigmoid(x + bias)")
        .input("x", &GateArgs::x)
        .input("bias", &GateArgs::bias, {.shape = op::vector("N"), .meaning = "of the gate"})
        .output("y", {.shape = op::like("x"), .dtype = op::dtype_of("x")})
        .into_any_float("out", &GateArgs::out, {"x"})  // may be x itself
        .config(&GateArgs::config, gate_kernel)
        .launches(gate_kernel);

// What `--check` compares with: one formula for numbers that are exact, rounded, or bounded; `r`
// rounds what an operation gives.
reference::Outputs gate_reference(const reference::Call& call, reference::Precision precision) {
  const auto formula = [](const auto& r, const auto& v) {
    return r(v[0] / r(1 + r.exp(-r(v[0] + v[1]))));
  };
  return {{"y", reference::elementwise(call, "y", precision, {"x", "bias"}, formula)}};
}
const reference::Of gate_is("gate", gate_reference);

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return cli_main(argc, argv);  // 05_op_of_your_own run gate --help
  const char* const line[] = {"gate",     "run",           "gate",     "--random", "x=6x1000:bf16",
                              "--random", "bias=1000:f32", "--device", "sim",      "--check"};
  return cli_main(std::size(line), const_cast<char**>(line));
}
