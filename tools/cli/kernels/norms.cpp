#include "tegula/ops/norm.h"
#include "tools/cli/kernels/example.h"

namespace tegula::cli {
namespace {

constexpr std::int64_t example_blocks = 132;

/// The columns of whichever vector is given.
std::int64_t columns_of(const Bindings& bindings) {
  for (const char* name : {"weight", "bias", "weight1", "bias1", "layerscale"})
    if (const auto at = bindings.find(name); at != bindings.end() && at->second.shape.size() == 1)
      return at->second.shape[0];
  return example_columns;
}

/// A matrix that is given says the shape of the others.
Dims shape_of(const Bindings& bindings) {
  for (const char* name : {"x", "s", "residual", "x1", "y", "y1", "dy", "residual_out"})
    if (const auto at = bindings.find(name); at != bindings.end()) {
      return at->second.shape;
    }
  return {example_rows, columns_of(bindings)};
}

void complete_forward(Bindings& bindings) {
  const Dims shape = shape_of(bindings);
  bindings.try_emplace("x", Binding{DType::bf16, shape});
  if (shape.empty()) return;  // tracing says what is wrong with it
  const DType dtype = bindings.at("x").dtype;
  bindings.try_emplace("weight", Binding{dtype, {shape.back()}});
  bindings.try_emplace("y", Binding{dtype, shape});
  bindings.try_emplace("rstd", Binding{DType::f32, {shape[0]}});
  if (bindings.contains("residual"))
    bindings.try_emplace("residual_out", Binding{bindings.at("residual").dtype, shape});
  if (bindings.contains("weight1")) bindings.try_emplace("y1", Binding{dtype, shape});
}

void complete_layer_forward(Bindings& bindings) {
  complete_forward(bindings);
  if (const auto rstd = bindings.find("rstd"); rstd != bindings.end())
    bindings.try_emplace("mean", rstd->second);
}

void complete_rows(Bindings& bindings) {
  const Dims shape = shape_of(bindings);
  bindings.try_emplace("s", Binding{DType::bf16, shape});
  if (shape.empty()) return;
  const DType dtype = bindings.at("s").dtype;
  bindings.try_emplace("dy", Binding{dtype, shape});
  bindings.try_emplace("weight", Binding{dtype, {shape.back()}});
  bindings.try_emplace("rstd", Binding{DType::f32, {shape[0]}});
  if (bindings.contains("weight1")) bindings.try_emplace("dy1", Binding{dtype, shape});
}

void complete_rms_rows(Bindings& bindings) {
  complete_rows(bindings);
  if (const auto rstd = bindings.find("rstd"); rstd != bindings.end())
    bindings.try_emplace("mean_gh", rstd->second);
}

void complete_layer_rows(Bindings& bindings) {
  complete_rms_rows(bindings);
  if (const auto rstd = bindings.find("rstd"); rstd != bindings.end())
    for (const char* name : {"mean", "mean_g"}) bindings.try_emplace(name, rstd->second);
}

void complete_backward(Bindings& bindings) {
  complete_rows(bindings);
  const Binding& s = bindings.at("s");
  if (s.shape.empty()) return;
  bindings.try_emplace("dx", s);
  const Binding parts = {DType::f32, {example_blocks, s.shape.back()}};
  bindings.try_emplace("dweight_parts", parts);
  if (bindings.contains("weight1")) bindings.try_emplace("dweight1_parts", parts);
}

void complete_layer_backward(Bindings& bindings) {
  complete_backward(bindings);
  if (const auto rstd = bindings.find("rstd"); rstd != bindings.end())
    bindings.try_emplace("mean", rstd->second);
}

void complete_column_sums(Bindings& bindings) {
  const auto given =
      bindings.try_emplace("dweight_parts", Binding{DType::f32, {example_blocks, example_columns}});
  const Dims& shape = given.first->second.shape;
  if (!shape.empty()) bindings.try_emplace("dweight", Binding{DType::bf16, {shape.back()}});
}

// One program serves every architecture here: no clusters.
ConfigFields config(const Bindings& bindings) {
  return fields_of(bindings, "x", [](std::int64_t rows, std::int64_t n) -> ops::RowConfig {
    return ops::choose_norm_config(rows, n, false);
  });
}
ConfigFields backward_config(const Bindings& bindings) {
  return fields_of(bindings, "s", [](std::int64_t rows, std::int64_t n) -> ops::RowConfig {
    return ops::choose_norm_bwd_config(rows, n, false);
  });
}

}  // namespace

const KernelExample rms_norm_fwd_example = {"rms_norm_fwd", complete_forward, config};
const KernelExample layer_norm_fwd_example = {"layer_norm_fwd", complete_layer_forward, config};
const KernelExample rms_norm_bwd_example = {"rms_norm_bwd", complete_backward, backward_config};
const KernelExample layer_norm_bwd_example = {"layer_norm_bwd", complete_layer_backward,
                                              backward_config};
const KernelExample rms_norm_bwd_rows_example = {"rms_norm_bwd_rows", complete_rms_rows,
                                                 backward_config};
const KernelExample layer_norm_bwd_rows_example = {"layer_norm_bwd_rows", complete_layer_rows,
                                                   backward_config};
const KernelExample norm_column_sums_example = {"norm_column_sums", complete_column_sums};

}  // namespace tegula::cli
