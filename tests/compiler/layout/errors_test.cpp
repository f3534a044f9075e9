// What is refused, and that the message names the shape and the column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "compiler/layout/conversion.h"

namespace tegula::layout {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Columns lanes = {1, 2, 4, 8, 16};

template <class Action>
std::string message(Action action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(LayoutErrors, ExtentNotAPowerOfTwo) {
  EXPECT_THAT(message([] {
                Distributed({2, 48}, {}, lanes);
              }),
              AllOf(HasSubstr("[2x48]"), HasSubstr("48 is not a power of two")));
}

TEST(LayoutErrors, WrongNumberOfColumns) {
  EXPECT_THAT(message([] {
                Distributed({32}, {}, {1, 2, 4, 8});
              }),
              AllOf(HasSubstr("[32]"), HasSubstr("4 lane columns, must be exactly 5")));
  EXPECT_THAT(message([] { Distributed({32}, {}, lanes, Columns(6, 0)); }),
              HasSubstr("6 warp columns, must be at most 5"));
  EXPECT_THAT(message([] { Distributed({32}, {}, lanes, {}, Columns(5, 0)); }),
              HasSubstr("5 cta columns, must be at most 4"));
  EXPECT_THAT(message([] { Distributed({32}, Columns(31, 0), lanes); }),
              HasSubstr("31 register columns, must be at most 30"));
}

TEST(LayoutErrors, ColumnOutsideTheTile) {
  EXPECT_THAT(message([] {
                Distributed({4, 8}, {}, lanes, {0, 32});
              }),
              AllOf(HasSubstr("[4x8]"), HasSubstr("warp column 1 is 32, outside the tile")));
}

TEST(LayoutErrors, ElementWithoutAPlace) {
  EXPECT_THAT(message([] {
                Distributed({4, 16}, {}, {1, 2, 4, 8, 32});
              }),
              AllOf(HasSubstr("[4x16]"), HasSubstr("no position for element 16")));
}

TEST(LayoutErrors, BlockedArguments) {
  EXPECT_THAT(message([] { Distributed::blocked({64}, 3, 1); }),
              AllOf(HasSubstr("[64]"), HasSubstr("vector_elements is 3, not a power of two")));
  EXPECT_THAT(message([] { Distributed::blocked({64}, 4, 0); }), HasSubstr("warps is 0"));
  EXPECT_THAT(message([] { Distributed::blocked({64}, 4, 64); }), HasSubstr("6 warp columns"));
}

TEST(LayoutErrors, PlacesAndElements) {
  const auto layout = Distributed::blocked({8, 16}, 2, 2);
  EXPECT_THAT(message([&] { layout.index(0, 32, 0); }), HasSubstr("no lane 32, there are 32"));
  EXPECT_THAT(message([&] { layout.index(2, 0, 0); }), HasSubstr("no register 2"));
  EXPECT_THAT(message([&] { layout.index(0, 0, 2); }), HasSubstr("no warp 2"));
  EXPECT_THAT(message([&] { layout.index(0, 0, 0, 1); }), HasSubstr("no cta 1"));
  EXPECT_THAT(message([&] { layout.coordinates(128); }), HasSubstr("no element 128"));
}

TEST(LayoutErrors, ShapesAndAxes) {
  const auto layout = Distributed::blocked({8, 16}, 2, 1);
  EXPECT_THAT(message([&] {
                layout.reshape({8, 8});
              }),
              AllOf(HasSubstr("[8x16]"), HasSubstr("[8x8]")));
  EXPECT_THAT(message([&] { layout.transpose({1, 1}); }), HasSubstr("each of its axes once"));
  EXPECT_THAT(message([&] {
                layout.source_of_broadcast({4, 16});
              }),
              HasSubstr("[4x16] does not broadcast to [8x16]"));
  EXPECT_THAT(message([&] { layout.reduced(2); }), HasSubstr("no axis 2"));
  EXPECT_THAT(message([&] { layout.is_separable(-1); }), HasSubstr("no axis -1"));
}

TEST(LayoutErrors, Conversions) {
  const auto layout = Distributed::blocked({8, 16}, 2, 1);
  EXPECT_THAT(message([&] { classify(layout, layout.reshape({128})); }),
              AllOf(HasSubstr("[8x16]"), HasSubstr("[128]")));
  EXPECT_THAT(message([&] { register_sources(layout, layout.reshape({128})); }),
              HasSubstr("different shapes"));
  EXPECT_THAT(message([&] { register_sources(layout, layout, LinearMap::identity(6)); }),
              HasSubstr("projection from 6 to 6 bits"));
}

TEST(LayoutErrors, Reductions) {
  const Distributed swizzled({2, 32}, {33}, lanes);
  EXPECT_THAT(message([&] { reduction_targets(swizzled, 1); }),
              AllOf(HasSubstr("axis 1"), HasSubstr("[2x32] register:(33)"), HasSubstr("at once")));
  const Distributed copies({2, 32}, {32, 0}, lanes);
  EXPECT_THAT(message([&] { reduction_targets(copies, 1); }), HasSubstr("more than once"));
}

}  // namespace
}  // namespace tegula::layout
