// A function that kernels of fault_test.cpp call from another file.
#pragma once

#include <source_location>

#include "tegula/dsl.h"

namespace tegula::testing {

inline constexpr int helper_store_line = 15;

/// Stores beyond the tensor's end, having promised not to.
inline void store_too_far(const TensorParameter& y, const Tile& tile, const Tile& i, int bn) {
  const View view = y.tiles({bn}).in_bounds();
  view.store(tile * 2, {i + 1});
}

}  // namespace tegula::testing
