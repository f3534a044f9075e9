#include <array>

#include <fmt/format.h>

#include "tools/cli/command.h"
#include "tools/cli/kernels/example.h"

namespace tegula::cli {

const KernelExample* find_example(std::string_view kernel) {
  static const std::array table = {
      &rms_norm_fwd_example,      &layer_norm_fwd_example,    &rms_norm_bwd_example,
      &layer_norm_bwd_example,    &rms_norm_bwd_rows_example, &layer_norm_bwd_rows_example,
      &norm_column_sums_example,  &softmax_fwd_example,       &softmax_bwd_example,
      &log_softmax_fwd_example,   &log_softmax_bwd_example,   &cross_entropy_fwd_example,
      &cross_entropy_bwd_example, &rotary_fwd_example,        &swiglu_fwd_example,
      &swiglu_bwd_example,        &dropout_example,           &dropout_mask_example};
  for (const KernelExample* example : table)
    if (example->kernel == kernel) return example;
  return nullptr;
}

const KernelBase& find_kernel(std::string_view name) {
  std::vector<std::string> names;
  for (const KernelBase* kernel : tegula::kernels()) {
    if (kernel->name() == name) return *kernel;
    names.push_back(kernel->name());
  }
  usage_error("KERNEL", "no such kernel", fmt::format("'{}'", name), join(names));
}

std::string to_string(const Binding& binding) {
  return fmt::format("{}:{}", tegula::to_string(binding.shape), dtype_name(binding.dtype));
}

}  // namespace tegula::cli
