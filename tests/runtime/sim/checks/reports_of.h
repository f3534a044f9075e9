// Runs images for the reports that they cause.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/runtime/sim/image_builder.h"
#include "tests/runtime/sim/run_image.h"

namespace tegula::testing {

/// A line for each of the first operations.
inline const std::vector<SourceLocation>& sample_locations() {
  static const std::vector<SourceLocation> locations = {
      {"a.cpp", 1, 1}, {"a.cpp", 2, 2}, {"kernels/scale.cpp", 42, 7}, {"kernels/scale.cpp", 43, 9}};
  return locations;
}

/// The reports of a launch on a device that keeps them.
inline std::vector<SimReport> reports_of(const format::Image& image,
                                         const std::vector<Argument>& arguments,
                                         SimOptions options = {}, const LaunchShape& shape = {}) {
  options.throw_on_report = false;
  const auto device = make_sim_device("sm_90a", options);
  run_image(*device, image, arguments, shape, sample_locations());
  return device->reports();
}

/// Under several orders of warps and copies: no reports.
inline void expect_clean(const format::Image& image, const std::vector<Argument>& arguments,
                         const LaunchShape& shape = {}) {
  for (const std::uint64_t seed : {0, 1, 2, 3, 17, 99})
    for (const SimReport& r : reports_of(image, arguments, {.seed = seed}, shape))
      ADD_FAILURE() << "seed " << seed << ": " << r.message;
}

/// Under every order: a report of that check, with that text.
inline void expect_report(const format::Image& image, const std::vector<Argument>& arguments,
                          const std::string& check, const std::string& text,
                          const LaunchShape& shape = {}) {
  for (const std::uint64_t seed : {0, 1, 2, 3, 17, 99}) {
    const auto reports = reports_of(image, arguments, {.seed = seed}, shape);
    ASSERT_FALSE(reports.empty()) << check << " was not found with seed " << seed;
    EXPECT_EQ(reports[0].check, check) << reports[0].message;
    EXPECT_THAT(reports[0].message, ::testing::HasSubstr(text)) << "seed " << seed;
  }
}

}  // namespace tegula::testing
