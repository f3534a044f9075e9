#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

/// The columns of whichever vector is given.
std::int64_t columns_of(const Bindings& bindings) {
  for (const char* name : {"weight", "bias"})
    if (const auto at = bindings.find(name); at != bindings.end() && at->second.shape.size() == 1)
      return at->second.shape[0];
  return example_columns;
}

void complete(Bindings& bindings) {
  // A matrix that is given says the shape of the others.
  Dims shape = {example_rows, columns_of(bindings)};
  for (const char* name : {"x", "residual", "y", "residual_out"})
    if (const auto at = bindings.find(name); at != bindings.end()) {
      shape = at->second.shape;
      break;
    }
  bindings.try_emplace("x", Binding{DType::bf16, shape});
  if (shape.empty()) return;  // tracing says what is wrong with it
  const DType dtype = bindings.at("x").dtype;
  bindings.try_emplace("weight", Binding{dtype, {shape.back()}});
  bindings.try_emplace("y", Binding{dtype, shape});
  bindings.try_emplace("rstd", Binding{DType::f32, {shape[0]}});
  if (bindings.contains("residual"))
    bindings.try_emplace("residual_out", Binding{bindings.at("residual").dtype, shape});
}

ConfigFields config(const Bindings& bindings) { return row_config(bindings, "x"); }

}  // namespace

const KernelExample rms_norm_fwd_example = {"rms_norm_fwd", complete, config};

}  // namespace tegula::cli
