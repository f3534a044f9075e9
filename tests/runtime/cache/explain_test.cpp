#include "runtime/cache/explain.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/runtime/cache/sample_kernel.h"
#include "tests/runtime/cache/temporary_directory.h"

namespace tegula::cache {
namespace {

using namespace tegula::testing;
using Outcome = Explanation::Outcome;

std::string text_of(const Explanation& explanation) {
  std::string text;
  for (const Difference& d : explanation.differences)
    text += d.fact + ": " + d.wanted + " not " + d.cached + "; ";
  return text;
}

class Explain : public ::testing::Test {
 protected:
  TemporaryDirectory root;
  DiskCache cache{settings_in(root.path())};
  Explanation of(const Key& key) { return explain(key, cache.directories()); }
};

TEST_F(Explain, WhatIsHeld) {
  store_sample(cache, 1);
  const Explanation e = of(sample_key(1));
  EXPECT_EQ(e.outcome, Outcome::hit);
  EXPECT_EQ(e.file, root.path() + "/" + name_of(sample_key(1).identity));
}

TEST_F(Explain, NothingOfThatName) {
  EXPECT_EQ(of(sample_key(1)).outcome, Outcome::unknown);
  store_sample(cache, 1);
  Key other = sample_key(2);
  other.facts[0].second = "shift";
  EXPECT_EQ(of(other).outcome, Outcome::unknown);
}

TEST_F(Explain, TheNearestIsCompared) {
  store_sample(cache, 1);
  Key far = sample_key(2);
  far.facts[1].second = "*x8:f32@8,1%16";
  far.facts[2].second = "8:f32@1%16";
  cache.store(far, sample_bytes(2), 1, 1);
  Key wanted = sample_key(3);
  wanted.identity.target.arch = "sm_90a";
  const Explanation e = of(wanted);
  EXPECT_EQ(e.outcome, Outcome::miss);
  EXPECT_EQ(e.file, root.path() + "/" + name_of(sample_key(1).identity));
  EXPECT_EQ(text_of(e), "config.bn: 3 not 1; arch: sim:sm_90a not sim:sm_80; ");
}

TEST_F(Explain, FactsOfOneSideAlone) {
  store_sample(cache, 1);
  Key wanted = sample_key(1);
  wanted.identity.program = {5, 5};
  wanted.facts.erase(wanted.facts.begin() + 1);
  wanted.facts.emplace_back("config.warps", "4");
  EXPECT_EQ(text_of(of(wanted)), "config.warps: 4 not ; x:  not *x4096:f32@4096,1%16; ");
}

TEST_F(Explain, AnotherCompilerOrAnotherSource) {
  store_sample(cache, 1);
  Key wanted = sample_key(1);
  wanted.identity.compiler = "another";
  EXPECT_EQ(text_of(of(wanted)), "compiler: another not " + compiler_identity() + "; ");
  wanted = sample_key(1);
  wanted.identity.program = {5, 5};
  EXPECT_EQ(text_of(of(wanted)),
            "program: what the kernel's source gives now not what it gave then; ");
}

TEST_F(Explain, ADamagedFile) {
  store_sample(cache, 1);
  const std::string path = root.path() + "/" + name_of(sample_key(1).identity);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "torn";
  const Explanation e = of(sample_key(1));
  EXPECT_EQ(e.outcome, Outcome::damaged);
  EXPECT_EQ(e.file, path);
  EXPECT_FALSE(e.problem.empty());
  EXPECT_EQ(of(sample_key(2)).outcome, Outcome::unknown) << "nothing to compare with";
}

}  // namespace
}  // namespace tegula::cache
