// What the entries of the dropout_add_* functions and of their gradients share.
#pragma once

#include "ops/reference/norm_subset.h"
#include "tegula/ops/dropout_add_norm.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {

/// One of the six functions.
struct DropoutAddNorm {
  enum class Form : std::uint8_t { plain, subset, parallel };
  Form form = Form::plain;
  bool is_rms_norm = true;

  std::string name() const;
  bool parallel() const { return form == Form::parallel; }
  bool subset() const { return form == Form::subset; }
  /// What its signature calls the first weight and bias.
  const char* weight() const { return parallel() ? "weight0" : "weight"; }
  const char* bias() const { return parallel() ? "bias0" : "bias"; }
};
std::span<const DropoutAddNorm> dropout_add_norms();

std::vector<TensorSpec> tensors_of(const DropoutAddNorm& norm);
std::vector<ParamSpec> params_of(const DropoutAddNorm& norm);

ops::NormOut forward(Stream& stream, const OpCall& call, const DropoutAddNorm& norm,
                     const std::optional<ops::NormRowConfig>& config);
ops::NormSubset subset_of(const OpCall& call);

/// The same for the reference.
struct DropoutAddNormProblem {
  reference::NormProblem norm;
  reference::NormSubset subset;
};
DropoutAddNormProblem problem_of(const OpCall& call, const DropoutAddNorm& norm);

/// The entries of `tegula run`.
std::span<const OpEntry> dropout_add_norm_ops();
std::span<const OpEntry> dropout_add_norm_bwd_ops();

}  // namespace tegula::cli
