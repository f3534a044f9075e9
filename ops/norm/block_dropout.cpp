#include "ops/norm/block_dropout.h"

namespace tegula::ops {

BlockDropout::BlockDropout(const NormConfig& config, const DropoutParameters& parameters)
    : c_(config), p_(parameters) {
  if (c_.dropout) state_ = dropout_state(p_.rng, p_.seed, p_.offset);
}

std::optional<Mask> BlockDropout::kept(DropoutStream stream, const RowBlock& rows,
                                       const Tile& j) const {
  if (!state_) return std::nullopt;
  return ops::kept(*state_, stream, rows.numbers(), j * c_.bn, c_.bn, p_.threshold);
}

Tile BlockDropout::apply(const std::optional<Mask>& kept, const Tile& value) const {
  // Selected first: where the result is rounded to 16 bits LLVM would move the selection behind it.
  return kept ? select(*kept, value, 0.f) * p_.scale : value;
}

}  // namespace tegula::ops
