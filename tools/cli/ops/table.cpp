#include <vector>

#include <fmt/format.h>

#include "tools/cli/command.h"
#include "tools/cli/ops/dropout_add_norm.h"

namespace tegula::cli {

const InputTensor* OpCall::find(std::string_view name) const {
  const auto at = tensors.find(name);
  return at == tensors.end() ? nullptr : &at->second;
}

TensorRef OpCall::ref(std::string_view name) const {
  const InputTensor* input = find(name);
  return input == nullptr ? TensorRef{} : input->tensor.ref();
}

std::span<const OpEntry* const> op_table() {
  static const std::vector<const OpEntry*> table = [] {
    std::vector<const OpEntry*> all = {
        &rms_norm_op(),      &rms_norm_bwd_op(),      &layer_norm_op(),  &layer_norm_bwd_op(),
        &softmax_op(),       &softmax_bwd_op(),       &log_softmax_op(), &log_softmax_bwd_op(),
        &cross_entropy_op(), &cross_entropy_bwd_op(), &rotary_op(),      &rotary_bwd_op(),
        &swiglu_op(),        &swiglu_bwd_op(),        &dropout_op(),     &dropout_bwd_op(),
        &dropout_mask_op()};
    for (const auto entries : {dropout_add_norm_ops(), dropout_add_norm_bwd_ops()})
      for (const OpEntry& entry : entries) all.push_back(&entry);
    return all;
  }();
  return table;
}

const OpEntry& find_op(std::string_view name) {
  std::vector<std::string> names;
  for (const OpEntry* op : op_table()) {
    if (op->name == name) return *op;
    names.push_back(op->name);
  }
  usage_error("OP", "no such op", fmt::format("'{}'", name), join(names));
}

}  // namespace tegula::cli
