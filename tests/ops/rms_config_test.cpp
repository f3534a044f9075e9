#include <gtest/gtest.h>

#include <bit>

#include "tegula/ops/norm.h"

namespace tegula::ops {
namespace {

TEST(RmsConfig, KnownShapes) {
  struct Row {
    std::int64_t rows, n;
    RmsConfig config;
  };
  for (const Row& row :
       {Row{64, 4096, {1, 4096, 4}}, Row{64, 8192, {1, 8192, 8}}, Row{64, 16384, {1, 16384, 16}},
        Row{64, 8191, {1, 8192, 8}}, Row{64, 1000, {1, 1024, 4}}, Row{64, 128, {8, 128, 4}},
        Row{1000, 1, {256, 1, 1}}, Row{3, 77, {4, 128, 2}}, Row{1, 1, {256, 1, 1}},
        Row{5, 8, {32, 8, 1}}, Row{1, 200, {1, 256, 1}}}) {
    const RmsConfig got = choose_rms_config(row.rows, row.n);
    EXPECT_EQ(got.rows, row.config.rows) << row.rows << "x" << row.n;
    EXPECT_EQ(got.bn, row.config.bn) << row.rows << "x" << row.n;
    EXPECT_EQ(got.warps, row.config.warps) << row.rows << "x" << row.n;
  }
}

TEST(RmsConfig, EveryColumnCountObeysTheRules) {
  for (const std::int64_t rows : {1, 3, 64, 100000})
    for (std::int64_t n = 1; n <= rms_norm_max_columns; n += n < 300 ? 1 : 61) {
      const RmsConfig c = choose_rms_config(rows, n);
      const int elements = c.rows * c.bn / (32 * c.warps);
      ASSERT_GE(c.bn, n);
      ASSERT_LT(c.bn / 2, n);
      for (const int value : {c.rows, c.bn, c.warps})
        ASSERT_TRUE(std::has_single_bit(static_cast<unsigned>(value))) << n;
      ASSERT_LE(elements, 32) << n;
      ASSERT_GE(elements, 8) << "every thread has a vector, n = " << n;
      ASSERT_LE(c.rows, 256);
      ASSERT_TRUE(c.rows / 2 < rows || c.warps == 1) << "idle warps, n = " << n;
      ASSERT_LE(c.warps, 16);
    }
}

}  // namespace
}  // namespace tegula::ops
