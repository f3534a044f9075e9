// A kernel's example binding: the tensors with which `tegula emit` specialises it, as far as the
// command line leaves them open.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/dsl/kernel_base.h"
#include "tegula/ops/row_config.h"
#include "tools/cli/values.h"

namespace tegula::cli {

struct Binding {
  DType dtype = DType::f32;
  Dims shape;
};
using Bindings = std::map<std::string, Binding, std::less<>>;

struct KernelExample {
  std::string_view kernel;
  /// Adds the bindings that are not given, so that they suit those that are.
  void (*complete)(Bindings& bindings);
  /// The config fields that suit the bindings; null: the kernel's defaults.
  ConfigFields (*config)(const Bindings& bindings) = nullptr;
};

/// Of the examples whose tensors are matrices.
inline constexpr std::int64_t example_rows = 64, example_columns = 4096;

/// What `choose` gives for a matrix; none if it is none.
ConfigFields fields_of(const Bindings& bindings, std::string_view matrix,
                       ops::RowConfig (*choose)(std::int64_t, std::int64_t));
/// What choose_row_config, or choose_elementwise_config, gives for a matrix; none if it is none.
ConfigFields row_config(const Bindings& bindings, std::string_view matrix);
ConfigFields elementwise_config(const Bindings& bindings, std::string_view matrix);

extern const KernelExample rms_norm_fwd_example, layer_norm_fwd_example, rms_norm_bwd_example,
    layer_norm_bwd_example, rms_norm_bwd_rows_example, layer_norm_bwd_rows_example,
    norm_column_sums_example, softmax_fwd_example, softmax_bwd_example, log_softmax_fwd_example,
    log_softmax_bwd_example, cross_entropy_fwd_example, cross_entropy_bwd_example,
    rotary_fwd_example, swiglu_fwd_example, swiglu_bwd_example, dropout_example,
    dropout_mask_example;

/// Null for a kernel of a user's own: its bindings must all be given.
const KernelExample* find_example(std::string_view kernel);

/// Throws Error{invalid_argument} listing the kernels.
const KernelBase& find_kernel(std::string_view name);

/// "64x4096:bf16".
std::string to_string(const Binding& binding);

}  // namespace tegula::cli
