// The reference of every op of the library: the one list of them.
#include "ops/reference/library.h"

namespace tegula::reference {

// Each in one of the files of this folder.
Outputs cross_entropy(const Call& call, Precision precision);
Outputs cross_entropy_bwd(const Call& call, Precision precision);
Outputs dropout(const Call& call, Precision precision);
Outputs dropout_bwd(const Call& call, Precision precision);
Outputs dropout_mask(const Call& call, Precision precision);
Outputs log_softmax(const Call& call, Precision precision);
Outputs log_softmax_bwd(const Call& call, Precision precision);
Outputs norm(const Call& call, Precision precision);  ///< of all norms' functions
Outputs norm_bwd(const Call& call, Precision precision);
Outputs rotary(const Call& call, Precision precision);
Outputs rotary_bwd(const Call& call, Precision precision);
Outputs softmax(const Call& call, Precision precision);
Outputs softmax_bwd(const Call& call, Precision precision);
Outputs squared_relu(const Call& call, Precision precision);
Outputs squared_relu_bwd(const Call& call, Precision precision);
Outputs swiglu(const Call& call, Precision precision);
Outputs swiglu_bwd(const Call& call, Precision precision);

Reference find_in_library(std::string_view op) {
  static const std::map<std::string, Reference, std::less<>> references = {
      {"cross_entropy", {cross_entropy}},
      {"cross_entropy_bwd", {cross_entropy_bwd, 3}},
      {"dropout", {dropout}},
      {"dropout_bwd", {dropout_bwd, 3}},
      {"dropout_mask", {dropout_mask}},
      {"log_softmax", {log_softmax}},
      {"log_softmax_bwd", {log_softmax_bwd, 3}},
      {"rotary", {rotary}},
      {"rotary_bwd", {rotary_bwd, 3}},
      {"softmax", {softmax}},
      {"softmax_bwd", {softmax_bwd, 3}},
      {"squared_relu", {squared_relu}},
      {"squared_relu_bwd", {squared_relu_bwd, 3}},
      {"swiglu", {swiglu}},
      {"swiglu_bwd", {swiglu_bwd, 3}},
      {"rms_norm_fn", {norm}},
      {"rms_norm_fn_bwd", {norm_bwd, 3}},
      {"layer_norm_fn", {norm}},
      {"layer_norm_fn_bwd", {norm_bwd, 3}},
      {"dropout_add_rms_norm", {norm}},
      {"dropout_add_rms_norm_bwd", {norm_bwd, 3}},
      {"dropout_add_rms_norm_subset", {norm}},
      {"dropout_add_rms_norm_subset_bwd", {norm_bwd, 3}},
      {"dropout_add_rms_norm_parallel_residual", {norm}},
      {"dropout_add_rms_norm_parallel_residual_bwd", {norm_bwd, 3}},
      {"dropout_add_layer_norm", {norm}},
      {"dropout_add_layer_norm_bwd", {norm_bwd, 3}},
      {"dropout_add_layer_norm_subset", {norm}},
      {"dropout_add_layer_norm_subset_bwd", {norm_bwd, 3}},
      {"dropout_add_layer_norm_parallel_residual", {norm}},
      {"dropout_add_layer_norm_parallel_residual_bwd", {norm_bwd, 3}}};
  const auto found = references.find(op);
  return found == references.end() ? Reference{} : found->second;
}

}  // namespace tegula::reference
