#include <gtest/gtest.h>

#include <bit>

#include "tegula/ops/row_config.h"

namespace tegula::ops {
namespace {

TEST(RowConfig, KnownShapes) {
  struct Row {
    std::int64_t rows, n;
    RowConfig config;
  };
  for (const Row& row :
       {Row{64, 4096, {1, 4096, 4}}, Row{64, 8192, {1, 8192, 8}}, Row{64, 16384, {1, 16384, 16}},
        Row{64, 8191, {1, 8192, 8}}, Row{64, 1000, {1, 1024, 4}}, Row{64, 128, {8, 128, 4}},
        Row{1000, 1, {256, 1, 1}}, Row{3, 77, {4, 128, 2}}, Row{1, 1, {256, 1, 1}},
        Row{5, 8, {32, 8, 1}}, Row{1, 200, {1, 256, 1}}}) {
    const RowConfig got = choose_row_config(row.rows, row.n);
    EXPECT_EQ(got.rows, row.config.rows) << row.rows << "x" << row.n;
    EXPECT_EQ(got.bn, row.config.bn) << row.rows << "x" << row.n;
    EXPECT_EQ(got.warps, row.config.warps) << row.rows << "x" << row.n;
  }
}

TEST(RowConfig, EveryColumnCountObeysTheRules) {
  for (const std::int64_t rows : {1, 3, 64, 100000})
    for (std::int64_t n = 1; n <= max_columns_in_one_tile; n += n < 300 ? 1 : 61) {
      const RowConfig c = choose_row_config(rows, n);
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

TEST(RowConfig, LongerRowsAreLoopedOver) {
  for (const std::int64_t n : {16385, 65536, 1000003}) {
    const RowConfig c = choose_row_config(4, n);
    EXPECT_EQ(c.rows, 1);
    EXPECT_EQ(c.bn, 4096);
    EXPECT_EQ(c.warps, 8);
  }
}

TEST(RowConfig, ElementwiseTilesAreShort) {
  const RowConfig wide = choose_elementwise_config(64, 14336);
  EXPECT_EQ(wide.rows, 1);
  EXPECT_EQ(wide.bn, 2048);
  EXPECT_EQ(wide.warps, 4);
  EXPECT_EQ(choose_elementwise_config(64, 128).rows, 8);
}

}  // namespace
}  // namespace tegula::ops
