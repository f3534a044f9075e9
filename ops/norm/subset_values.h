// Whether the maps of rows that a subset function is given are what they should be.
#pragma once

#include <cstdint>

#include "ops/norm/norm_call.h"
#include "tegula/device.h"

namespace tegula::ops {

/// Of a call over `rows` rows (without x_subset), x0 having `x_rows`: that there is a map if
/// rowscale_const is not 1, and that x_subset names each row of x0, out_subset each of y, once, and
/// 0 as often as they like. To see that it reads them back, which waits for the stream, unless
/// `are_valid` or the stream is capturing.
void check_subset_values(const ArgumentChecks& checks, Stream& stream, const NormExtras& extras,
                         std::int64_t rows, std::int64_t x_rows, bool are_valid);

}  // namespace tegula::ops
