// The description that the gradients of the norms share.
#pragma once

#include <string>

#include "ops/norm/norm_args.h"

namespace tegula::ops {

using NormBackwardOp = Op<NormBwdArgs, NormBwdOut>;

NormBackwardOp norm_backward_op(const NormFunction& function, std::string name,
                                std::string summary);

}  // namespace tegula::ops
