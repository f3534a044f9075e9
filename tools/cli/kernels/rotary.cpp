#include "tegula/ops/rotary.h"

#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

void complete(Bindings& bindings) {
  const auto y = bindings.find("y");
  bindings.try_emplace("x",
                       y != bindings.end() ? y->second : Binding{DType::bf16, {2, 512, 16, 128}});
  const Binding x = bindings.at("x");
  bindings.try_emplace("y", x);
  if (x.shape.size() != 4) return;  // tracing says so
  const auto sin = bindings.find("sin");
  bindings.try_emplace(
      "cos", sin != bindings.end() ? sin->second : Binding{x.dtype, {x.shape[1], x.shape[3] / 2}});
  bindings.try_emplace("sin", bindings.at("cos"));
}

ConfigFields config(const Bindings& bindings) {
  const Dims& x = bindings.at("x").shape;
  if (x.size() != 4 || bindings.at("cos").shape.size() != 2) return {};
  const ops::RotaryConfig chosen =
      ops::choose_rotary_config(x[1], x[2], bindings.at("cos").shape[1]);
  return {{"bs", chosen.bs}, {"bh", chosen.bh}, {"turns", chosen.turns}, {"warps", chosen.warps}};
}

}  // namespace

const KernelExample rotary_fwd_example = {"rotary_fwd", complete, config};

}  // namespace tegula::cli
