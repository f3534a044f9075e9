// Dropout as a part of an op: what its description says, for arguments that have dropout_p and rng.
#pragma once

#include <utility>

#include "ops/common/argument_checks.h"
#include "ops/common/dropout_mask.h"
#include "tegula/op.h"

namespace tegula::ops {

/// The random state in memory: looked at only where something drops out.
template <class Args>
const TensorRef* rng_memory(const Args& arguments) {
  return drops_out(arguments.dropout_p) && arguments.rng ? &arguments.rng->memory : nullptr;
}

/// seed, offset, threshold and scale, in the order of dropout_scalars.
inline void put_dropout(const Dropout& dropout, std::uint64_t* bits) {
  bits[0] = dropout.seed;
  bits[1] = dropout.offset;
  bits[2] = dropout.threshold;
  bits[3] = detail::scalar_bits(dropout.scale);
}
inline std::vector<OpScalars::Scalar> dropout_scalars() {
  return {{"seed", DType::u64},
          {"offset", DType::u64},
          {"threshold", DType::u32},
          {"scale", DType::f32}};
}

/// Adds the arguments dropout_p and rng, the tensor rng.memory, and the facts "drops" and "may
/// drop", which is what dropout_p says. The scalars are the op's own to add.
template <class Args, class Result, class Base>
Op<Args, Result> with_dropout(Op<Args, Result> op, float Base::*dropout_p,
                              std::optional<RngState> Base::*rng, std::string meaning) {
  return std::move(op)
      .optional("rng.memory", rng_memory<Args>, {op::any(), op::any_dtype()})
      .value("dropout_p", dropout_p, std::move(meaning))
      .value("rng", rng, "where random numbers come from")
      .fact(
          "drops", +[](const Args& arguments) { return drops_out(arguments.dropout_p); })
      .fact(
          "may drop", +[](const Args& arguments) { return arguments.dropout_p > 0; });
}

}  // namespace tegula::ops
