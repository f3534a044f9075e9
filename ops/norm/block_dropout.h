// Dropout as the norms' kernels apply it.
#pragma once

#include <optional>

#include "ops/common/dropout_mask.h"
#include "ops/norm/norm_kernels.h"
#include "ops/norm/row_block.h"

namespace tegula::ops {

/// A kernel's parameters that dropout takes.
struct DropoutParameters {
  OptIn rng;
  U64 seed, offset;
  U32 threshold;
  F32 scale;
};

class BlockDropout {
 public:
  BlockDropout(const NormConfig& config, const DropoutParameters& parameters);

  /// Which elements of tile j of these rows stay; nothing where the kernel has no dropout.
  std::optional<Mask> kept(DropoutStream stream, const RowBlock& rows, const Tile& j) const;
  /// `value` where it is kept, scaled.
  Tile apply(const std::optional<Mask>& kept, const Tile& value) const;

 private:
  const NormConfig& c_;
  DropoutParameters p_;
  std::optional<DropoutState> state_;
};

}  // namespace tegula::ops
