// The loop over the tiles of a row that one tile does not hold.
#pragma once

#include <cstdint>

#include "tegula/dsl.h"

namespace tegula::ops {

/// Calls body(j) for tile j of a row of `n` columns, tiles of `bn`: a traced loop over the whole
/// tiles, whose accesses need no masks, then what remains of the row.
template <class Body>
void for_each_tile(std::int64_t n, std::int64_t bn, const Body& body) {
  const std::int64_t whole = n / bn;
  for (auto j : range(0, whole)) body(j);
  if (n % bn != 0) body(full(i32, {}, whole));
}

}  // namespace tegula::ops
