// Whether the maps of rows that a subset function is given are what they should be.
#pragma once

#include "ops/norm/norm_args.h"

namespace tegula::ops {

/// That out_rows is a number of rows, and, without out_subset, none or that of the sum.
void check_out_rows(const NormArgs& arguments, const Plan& plan);

/// That there is a map if rowscale_const is not 1, and that x_subset names each row of x,
/// out_subset each of y, once, and 0 as often as they like. To see that it reads them back, which
/// waits for the stream, unless the caller promises it or the stream is capturing.
void check_subsets(Stream& stream, const NormArgs& arguments, const OpChecks& checks);
void check_bwd_subsets(Stream& stream, const NormBwdArgs& arguments, const OpChecks& checks);

}  // namespace tegula::ops
