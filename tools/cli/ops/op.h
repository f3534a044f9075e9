// What `tegula run` knows of an op: its tensors, its parameters, how to run it, what it should
// give.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tegula/device.h"
#include "tools/cli/random.h"
#include "tools/cli/values.h"

namespace tegula::cli {

struct TensorSpec {
  std::string name;
  bool required = false;
  Spread spread = Spread::normal;  ///< of --random
  std::string meaning;             ///< "(..., N)"
  /// A tensor whose last extent bounds this one's integers: --random draws from [0, extent) then.
  std::string index_into = {};
};

struct ParamSpec {
  std::string name;
  std::string default_value;
  std::string meaning;
};

/// An input: on the device, and its values as its dtype holds them.
struct InputTensor {
  Tensor tensor;
  std::vector<double> values;
};

using Params = std::map<std::string, std::string, std::less<>>;

struct OpCall {
  std::map<std::string, InputTensor, std::less<>> tensors;  ///< those given
  Params params;                                            ///< every one of the op's
  ConfigFields config;                                      ///< empty: the op's own choice

  const InputTensor* find(std::string_view name) const;
  /// Absent (no device) if the tensor was not given.
  TensorRef ref(std::string_view name) const;
};

struct Output {
  std::string name;
  Tensor tensor;
  bool given = true;  ///< false: for `expect` alone, behind those that are given
};

/// What an output that is given should hold (ops/reference/accuracy.h).
struct ExpectedOutput {
  std::string name;
  std::vector<double> ref64, plain;
  double factor = 2;                  ///< of the rule: 3 for gradients
  std::vector<double> roundoff = {};  ///< of masks nothing
};

struct OpEntry {
  std::string name;
  std::string summary;
  std::vector<TensorSpec> tensors;  ///< the first one names the dtype of the whole; if there is
                                    ///< none, the first output does
  std::vector<ParamSpec> params;
  std::vector<std::string> outputs;  ///< those that some call of it gives
  std::vector<std::string> config_fields;
  std::function<std::vector<Output>(Stream&, const OpCall&)> run;
  std::function<std::vector<ExpectedOutput>(const OpCall&, const std::vector<Output>&)> expect;
};

const OpEntry& rms_norm_op();
const OpEntry& rms_norm_bwd_op();
const OpEntry& layer_norm_op();
const OpEntry& layer_norm_bwd_op();
const OpEntry& softmax_op();
const OpEntry& softmax_bwd_op();
const OpEntry& log_softmax_op();
const OpEntry& log_softmax_bwd_op();
const OpEntry& cross_entropy_op();
const OpEntry& cross_entropy_bwd_op();
const OpEntry& rotary_op();
const OpEntry& rotary_bwd_op();
const OpEntry& swiglu_op();
const OpEntry& swiglu_bwd_op();
const OpEntry& dropout_op();
const OpEntry& dropout_bwd_op();
const OpEntry& dropout_mask_op();

/// Every op, by the order in which help lists them.
std::span<const OpEntry* const> op_table();
/// Throws Error{invalid_argument} listing the ops.
const OpEntry& find_op(std::string_view name);

}  // namespace tegula::cli
