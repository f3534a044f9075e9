#include <fstream>
#include <set>
#include <sstream>

#include "runtime/format/architecture.h"
#include "tests/cli/cli_harness.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Emit, EveryTextStageOfBothArchitectures) {
  for (const std::string arch : {"sm_80", "sm_90a"})
    for (const std::string stage : {"program", "tile", "layout", "llvm", "ptx", "sim"}) {
      const CliResult result = tegula_cli("emit rms_norm_fwd --arch " + arch + " --stage " + stage);
      EXPECT_EQ(result.status, 0) << stage << result.err;
      EXPECT_THAT(result.out, HasSubstr("rms_norm_fwd")) << stage;
      if (stage == "ptx") {
        EXPECT_THAT(result.out, HasSubstr(".target " + arch));
      }
    }
}

TEST(Emit, JsonOfACubin) {
  const TemporaryFolder folder;
  const std::string file = folder.file("k.cubin");
  const CliResult result =
      tegula_cli("emit rms_norm_fwd --arch sm_90a --stage cubin --json -o " + file);
  if (result.status == 3) GTEST_SKIP() << "SKIP: no assembler: " << result.err;
  ASSERT_EQ(result.status, 0) << result.err;
  const auto json = result.json();
  const auto& resources = json.at("resources");
  for (const char* name : {"registers", "spill_store_bytes", "spill_load_bytes", "shared_bytes",
                           "stack_bytes", "barriers"})
    EXPECT_TRUE(resources.at(name).is_number_integer()) << name;
  EXPECT_EQ(resources.at("spill_store_bytes"), 0);
  EXPECT_EQ(resources.at("spill_load_bytes"), 0);
  EXPECT_TRUE(json.at("milliseconds").is_object());
  EXPECT_FALSE(json.at("milliseconds").empty());
  EXPECT_TRUE(json.at("remarks").is_array());
  EXPECT_EQ(json.at("config").at("bn"), 4096);
  EXPECT_EQ(json.at("bindings").at("x"), "64x4096:bf16");
  EXPECT_FALSE(json.at("bindings").contains("residual"));
  std::ostringstream content;
  content << std::ifstream(file, std::ios::binary).rdbuf();
  EXPECT_THAT(content.str(), StartsWith("\x7f"
                                        "ELF"));
}

TEST(Emit, BindingsCompleteEachOther) {
  const auto json = tegula_cli(
                        "emit rms_norm_fwd --stage program --json --bind x=9x1000:f16 "
                        "--bind residual=9x1000:f32")
                        .json();
  EXPECT_EQ(json.at("bindings").at("weight"), "1000:f16");
  EXPECT_EQ(json.at("bindings").at("residual_out"), "9x1000:f32");
  EXPECT_EQ(json.at("bindings").at("rstd"), "9:f32");
  EXPECT_EQ(json.at("config").at("bn"), 1024);
  EXPECT_TRUE(json.at("text").is_string());
}

TEST(Emit, ConfigIsPinned) {
  const auto json =
      tegula_cli("emit rms_norm_fwd --stage program --json --config warps=8,rows=2").json();
  EXPECT_EQ(json.at("config").at("warps"), 8);
  EXPECT_EQ(json.at("config").at("rows"), 2);
}

TEST(Emit, EveryKernelOfTheLibraryHasAnExample) {
  const auto kernels = tegula_cli("kernels --json").json().at("kernels");
  std::set<std::string> names;
  for (const auto& kernel : kernels) {
    const std::string name = kernel.at("name");
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_FALSE(kernel.at("example").empty()) << name;
    const CliResult result = tegula_cli("emit " + name + " --stage ptx --arch sm_80");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr(".entry " + name));
  }
  EXPECT_GE(names.size(), 18U);
}

TEST(Emit, ExamplesFollowTheBindings) {
  const auto bindings = [](const std::string& line) {
    return tegula_cli("emit " + line + " --stage program --json").json().at("bindings");
  };
  EXPECT_EQ(bindings("softmax_bwd --bind y=3x77:f16").at("dx"), "3x77:f16");
  EXPECT_EQ(bindings("cross_entropy_fwd --bind x=5x100:f32").at("target"), "5:i64");
  EXPECT_EQ(bindings("cross_entropy_bwd --bind dx=5x100:f32").at("x"), "5x100:f32");
  EXPECT_EQ(bindings("rotary_fwd --bind x=1x9x2x40:f32").at("sin"), "9x20:f32");
  EXPECT_EQ(bindings("swiglu_bwd --bind a=3x100:bf16").at("db"), "3x100:bf16");
  // What only some calls give, parts of sums, statistics, no elements.
  EXPECT_EQ(bindings("rms_norm_fwd --bind residual_out=4x8:f32").at("x"), "4x8:bf16");
  EXPECT_EQ(bindings("norm_column_sums --bind dweight_parts=8x16:f32").at("dweight"), "16:bf16");
  EXPECT_EQ(bindings("rms_norm_bwd --bind rstd=5:f32").at("s"), "5x4096:bf16");
  EXPECT_EQ(bindings("cross_entropy_fwd --bind x=4x0:f32").at("target"), "4:i64");
}

TEST(Kernels, ListsTheNorm) {
  const auto json = tegula_cli("kernels --json").json();
  ASSERT_TRUE(json.at("kernels").is_array());
  for (const auto& kernel : json.at("kernels")) {
    if (kernel.at("name") != "rms_norm_fwd") continue;
    EXPECT_EQ(kernel.at("parameters").size(), 24U);
    EXPECT_EQ(kernel.at("parameters")[0].at("name"), "x");
    EXPECT_TRUE(kernel.at("parameters")[1].at("optional").get<bool>());
    EXPECT_EQ(kernel.at("example").at("x"), "64x4096:bf16");
    EXPECT_EQ(kernel.at("config").size(), 6U);
    EXPECT_THAT(tegula_cli("kernels").out, HasSubstr("rms_norm_fwd"));
    return;
  }
  FAIL() << json;
}

TEST(Doctor, SaysWhatThereIs) {
  const CliResult result = tegula_cli("doctor --json");
  EXPECT_EQ(result.status, 0);
  const auto json = result.json();
  std::vector<std::string> devices;
  for (const auto& device : json.at("devices")) devices.push_back(device.at("name"));
  EXPECT_EQ(devices.front(), "cuda:0");
  for (const format::Architecture& architecture : format::architectures())
    EXPECT_THAT(devices, ::testing::Contains("sim:" + std::string(architecture.name)));
  for (const char* name : {"TEGULA_DEVICE", "TEGULA_CACHE_DIR", "TEGULA_JIT", "TEGULA_COMPILE"})
    EXPECT_TRUE(json.at("environment").at(name).contains("origin")) << name;
  EXPECT_TRUE(json.at("missing").is_array());
  EXPECT_TRUE(json.at("assemblers").is_array());
  const CliResult text = tegula_cli("doctor");
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("sim:sm_90a"));
}

}  // namespace
}  // namespace tegula::testing
