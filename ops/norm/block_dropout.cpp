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
  return kept ? select(*kept, value * p_.scale, 0.f) : value;
}

}  // namespace tegula::ops
