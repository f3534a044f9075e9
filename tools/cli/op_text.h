// An op's description in words: what `tegula run --help`, `tegula ops` and docs/ops.md say.
#pragma once

#include <string>
#include <vector>

#include "tegula/op_call.h"

namespace tegula::cli {

/// A tensor that a call may be given: an input, or memory for an output.
struct TensorSpec {
  std::string name;
  bool required = false;
  op::Values values;          ///< of --random
  std::string shape, dtypes;  ///< "(..., N)", "f32, f16 or bf16"
  std::string meaning;        ///< may be empty
  bool is_destination = false;
};
std::vector<TensorSpec> tensors_of(const OpCall& call);

/// A parameter as it is named here: a random state is two, seed and offset.
struct ParamSpec {
  std::string name;
  std::string default_value;  ///< empty: none
  std::string type;           ///< "flag", "integer", "number", "dtype"
  std::string meaning;
};
std::vector<ParamSpec> params_of(const OpCall& call);

struct OutputSpec {
  std::string name, shape, dtypes, meaning;
  bool always = true;
};
std::vector<OutputSpec> outputs_of(const OpBase& op);

std::vector<std::string> config_fields_of(const OpBase& op);

/// Of `tegula run OP --help`.
std::string help_of(const OpBase& op);
/// docs/ops.md, of these ops.
std::string markdown_of(const std::vector<const OpBase*>& ops);
/// One JSON object.
std::string json_of(const std::vector<const OpBase*>& ops);

/// Throws Error{invalid_argument} listing the ops.
const OpBase& find_op(std::string_view name);

}  // namespace tegula::cli
