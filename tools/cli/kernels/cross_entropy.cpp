#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

/// x says the shape of the rest, or dx if x is not given.
void complete(Bindings& bindings, std::initializer_list<const char*> vectors) {
  const auto dx = bindings.find("dx");
  bindings.try_emplace("x", dx != bindings.end()
                                ? dx->second
                                : Binding{DType::bf16, {example_rows, example_columns}});
  const Dims shape = bindings.at("x").shape;
  if (shape.empty()) return;  // tracing says what is wrong with it
  bindings.try_emplace("target", Binding{DType::i64, {shape[0]}});
  for (const char* name : vectors) bindings.try_emplace(name, Binding{DType::f32, {shape[0]}});
}

void complete_fwd(Bindings& bindings) { complete(bindings, {"loss", "lse"}); }
void complete_bwd(Bindings& bindings) {
  complete(bindings, {"dloss", "lse"});
  bindings.try_emplace("dx", bindings.at("x"));
}

ConfigFields config(const Bindings& bindings) { return row_config(bindings, "x"); }

}  // namespace

const KernelExample cross_entropy_fwd_example = {"cross_entropy_fwd", complete_fwd, config};
const KernelExample cross_entropy_bwd_example = {"cross_entropy_bwd", complete_bwd, config};

}  // namespace tegula::cli
