// The description that the functions of the norms forward share.
#pragma once

#include <string>

#include "ops/norm/norm_args.h"

namespace tegula::ops {

using NormForwardOp = Op<NormArgs, NormOut>;

NormForwardOp norm_forward_op(const NormFunction& function, std::string name, std::string summary);

}  // namespace tegula::ops
