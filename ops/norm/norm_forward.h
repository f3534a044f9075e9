// The description that the functions of the norms forward share.
#pragma once

#include <string>

#include "ops/norm/norm_args.h"

namespace tegula::ops {

using NormForwardOp = Op<NormArgs, NormOut>;

NormForwardOp norm_forward_op(const NormFunction& function, std::string name, std::string summary);

/// The forms of the dropout_add_* functions: all rows; a subset of them; two branches in parallel.
enum class DropoutAddForm : std::uint8_t { plain, subset, parallel };

/// Of dropout_add_norm.cpp, which has all six.
template <DropoutAddForm form, NormKind kind>
const NormForwardOp& dropout_add_op();

}  // namespace tegula::ops
