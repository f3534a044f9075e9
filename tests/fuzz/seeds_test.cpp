#include "tests/fuzz/seeds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <stdexcept>

namespace tegula::fuzz {
namespace {

using ::testing::HasSubstr;

format::Bytes bytes(std::string_view text) {
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

/// A format that has got a field which seed_fields.h does not know would lose it here.
TEST(FuzzSeeds, WhatCodeBuildsIsTheSameFromItsText) {
  struct Case {
    const char *target, *name, *format;
  };
  std::vector<Case> cases = {{"entry", "entry", "entry"},
                             {"entry", "cache_file", "cache_file"},
                             {"entry", "launch_record", "launch_record"},
                             {"launch_record", "sample", "launch_record"},
                             {"program", "sample", "program"}};
  const Seeds images = built_seeds("image");
  for (const auto& [name, ignored] : images) cases.push_back({"image", name.c_str(), "image"});
  for (const Case& c : cases) {
    SCOPED_TRACE(fmt::format("{}/{}", c.target, c.name));
    const format::Bytes built = built_seeds(c.target).at(c.name);
    const std::string text = describe(c.format, built);
    ASSERT_NE(text, "");
    Seeds again;
    add_seeds("again " + text, "here", again);
    EXPECT_EQ(again.at("again"), built);
  }
}

TEST(FuzzSeeds, Damage) {
  Seeds seeds = {{"base", bytes("0123456789")}};
  add_seeds(
      "# Of each kind.\n"
      "one like base [{at 2 drop 3 put \"ab\\x00\"} {at 9 drop 1}]\n"
      "two like one [{put \"\\x22\"}]\n"
      "short like base [{at 8 drop 100 put \"x\"}]\n"
      "far like base [{at 1000 drop 1 put \"y\"}]\n",
      "here", seeds);
  EXPECT_EQ(seeds.at("one"), bytes(std::string_view("01ab\0"
                                                    "5678",
                                                    9)));
  EXPECT_EQ(seeds.at("two"), bytes(std::string_view("\"01ab\0"
                                                    "5678",
                                                    10)));
  EXPECT_EQ(seeds.at("short"), bytes("01234567x"));
  EXPECT_EQ(seeds.at("far"), bytes("0123456789y"));
}

TEST(FuzzSeeds, WhatIsNotValidIsWrittenAllTheSame) {
  Seeds seeds;
  add_seeds("a image {warps 1000 code [{opcode iadd result _ operands [9 9 9 _ _]}]}", "here",
            seeds);
  EXPECT_FALSE(seeds.at("a").empty());
  EXPECT_EQ(describe("image", seeds.at("a")), "");
}

TEST(FuzzSeeds, Mistakes) {
  struct Case {
    const char *text, *problem;
  };
  const Case cases[] = {
      {"a image {kernel \"k\"\n wraps 3}", "here:2: there is no field 'wraps'"},
      {"a image {warps x}", "here:1: 'x' is no number"},
      {"a image {warps 3x}", "'3x' is no number"},
      {"a image {warps 3", "the text ends too early"},
      {"a image {kernel \"k", "a string does not end"},
      {"a image {kernel \"\\n\"}", "a backslash begins no \\x00"},
      {"a image [", "got '[', wanted '{'"},
      {"a image {cluster [1 2]}", "']' is no number"},
      {"a sound {}", "'sound' is no format"},
      {"a like b []", "there is no such seed"},
      {"a image {} a image {}", "there are two seeds a"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    Seeds seeds;
    try {
      add_seeds(c.text, "here", seeds);
      ADD_FAILURE() << "no error was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.problem));
    }
  }
}

}  // namespace
}  // namespace tegula::fuzz
