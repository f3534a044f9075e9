// The description that the gradients of the norms share.
#pragma once

#include <string>

#include "ops/norm/norm_forward.h"

namespace tegula::ops {

using NormBackwardOp = Op<NormBwdArgs, NormBwdOut>;

/// `forward`: the function of which it is the gradient.
NormBackwardOp norm_backward_op(const NormFunction& function, const NormForwardOp& forward,
                                std::string name, std::string summary);

}  // namespace tegula::ops
