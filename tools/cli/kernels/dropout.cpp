#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

void complete(Bindings& bindings) {
  const Binding matrix = {DType::bf16, {example_rows, example_columns}};
  const Binding x = bindings.try_emplace("x", matrix).first->second;
  bindings.try_emplace("y", x);
}
ConfigFields config(const Bindings& bindings) { return elementwise_config(bindings, "x"); }

void complete_mask(Bindings& bindings) {
  bindings.try_emplace("mask", Binding{DType::i1, {example_rows, example_columns}});
}
ConfigFields config_mask(const Bindings& bindings) { return elementwise_config(bindings, "mask"); }

}  // namespace

const KernelExample dropout_example = {"dropout", complete, config};
const KernelExample dropout_mask_example = {"dropout_mask", complete_mask, config_mask};

}  // namespace tegula::cli
