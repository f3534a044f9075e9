// What the entries of the norms and of their gradients share: the forward's tensors and parameters.
#pragma once

#include "ops/reference/norm.h"
#include "tegula/ops/norm.h"
#include "tools/cli/ops/common.h"

namespace tegula::cli {

enum class Norm : std::uint8_t { rms, layer };

std::vector<TensorSpec> norm_tensors();
std::vector<ParamSpec> norm_params(Norm norm);

/// --config over what `choose` gives for the matrix `x` without clusters; nothing without --config.
std::optional<ops::NormRowConfig> norm_config_of(const OpCall& call, std::string_view x,
                                                 ops::NormRowConfig (*choose)(std::int64_t,
                                                                              std::int64_t, bool));

/// The forward's options, without a configuration.
ops::NormOptions norm_options(const OpCall& call, Norm norm);
ops::NormOut norm_forward(Stream& stream, const OpCall& call, Norm norm,
                          const ops::NormOptions& options);

/// The same for the reference.
reference::NormProblem norm_problem(const OpCall& call, Norm norm);

/// What a norm's backward was given, by which it is judged: outputs for `expect` alone. `s` is what
/// the forward normalised.
void add_saved(std::vector<Output>& outputs, const Stream& stream, const ops::NormOut& forward,
               const TensorRef& s);
reference::NormSaved saved_by_norm(const std::vector<Output>& outputs);

/// What `outputs`, all of a norm's forward, should hold; masks as `problem` has them.
std::vector<ExpectedOutput> expected_of_norm(const std::vector<Output>& outputs,
                                             const reference::NormProblem& problem,
                                             const Evaluations<reference::NormResult>& results);

}  // namespace tegula::cli
