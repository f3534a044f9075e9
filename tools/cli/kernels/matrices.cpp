#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

/// The matrices of one shape that the kernel takes and gives.
void complete_matrices(Bindings& bindings, std::initializer_list<const char*> names) {
  Binding matrix = {DType::bf16, {example_rows, example_columns}};
  for (const char* name : names)
    if (const auto at = bindings.find(name); at != bindings.end()) {
      matrix = at->second;
      break;
    }
  for (const char* name : names) bindings.try_emplace(name, matrix);
}

void complete_fwd(Bindings& bindings) { complete_matrices(bindings, {"x", "y"}); }
void complete_bwd(Bindings& bindings) { complete_matrices(bindings, {"dy", "y", "dx"}); }

ConfigFields config_fwd(const Bindings& bindings) { return row_config(bindings, "x"); }
ConfigFields config_bwd(const Bindings& bindings) { return row_config(bindings, "dy"); }

void complete_swiglu_fwd(Bindings& bindings) { complete_matrices(bindings, {"a", "b", "y"}); }
void complete_swiglu_bwd(Bindings& bindings) {
  complete_matrices(bindings, {"a", "b", "dy", "da", "db"});
}
ConfigFields config_swiglu(const Bindings& bindings) { return elementwise_config(bindings, "a"); }

}  // namespace

const KernelExample softmax_fwd_example = {"softmax_fwd", complete_fwd, config_fwd};
const KernelExample softmax_bwd_example = {"softmax_bwd", complete_bwd, config_bwd};
const KernelExample log_softmax_fwd_example = {"log_softmax_fwd", complete_fwd, config_fwd};
const KernelExample log_softmax_bwd_example = {"log_softmax_bwd", complete_bwd, config_bwd};
const KernelExample swiglu_fwd_example = {"swiglu_fwd", complete_swiglu_fwd, config_swiglu};
const KernelExample swiglu_bwd_example = {"swiglu_bwd", complete_swiglu_bwd, config_swiglu};

}  // namespace tegula::cli
