#include "tests/ops/covering.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tegula::testing {
namespace {

TEST(CoveringDesign, HoldsEveryThree) {
  const std::vector<int> levels = {4, 3, 2, 2, 3};
  const auto design = covering_design(levels);
  EXPECT_LT(design.size(), 72U) << "fewer than half of all";
  const auto holds = [&](std::size_t a, int u, std::size_t b, int v, std::size_t c, int w) {
    return std::any_of(design.begin(), design.end(), [&](const std::vector<int>& row) {
      return row[a] == u && row[b] == v && row[c] == w;
    });
  };
  for (std::size_t c = 2; c < levels.size(); ++c)
    for (std::size_t b = 1; b < c; ++b)
      for (std::size_t a = 0; a < b; ++a)
        for (int u = 0; u < levels[a]; ++u)
          for (int v = 0; v < levels[b]; ++v)
            for (int w = 0; w < levels[c]; ++w) EXPECT_TRUE(holds(a, u, b, v, c, w));
}

}  // namespace
}  // namespace tegula::testing
