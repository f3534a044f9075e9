// The description that the functions of the norms forward share.
#pragma once

#include <string>

#include "ops/norm/norm_args.h"

namespace tegula::ops {

using NormForwardOp = Op<NormArgs, NormOut>;

NormForwardOp norm_forward_op(const NormFunction& function, std::string name, std::string summary);

/// The six of dropout_add_norm.cpp.
const NormForwardOp& dropout_add_rms_norm_op();
const NormForwardOp& dropout_add_layer_norm_op();
const NormForwardOp& dropout_add_rms_norm_subset_op();
const NormForwardOp& dropout_add_layer_norm_subset_op();
const NormForwardOp& dropout_add_rms_norm_parallel_residual_op();
const NormForwardOp& dropout_add_layer_norm_parallel_residual_op();

}  // namespace tegula::ops
