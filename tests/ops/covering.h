// Covering designs: few combinations of many options in which every combination of any few of the
// options still occurs.
#pragma once

#include <vector>

namespace tegula::testing {

/// Rows of one value below levels[i] for each option i, such that for any three options each of
/// their combinations stands in some row. Greedy, and the same in every run. (Cohen et al., The
/// AETG system, IEEE TSE 23(7), 1997.)
std::vector<std::vector<int>> covering_design(const std::vector<int>& levels);

}  // namespace tegula::testing
