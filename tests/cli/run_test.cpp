#include <cmath>
#include <cstring>

#include "tegula/simulator.h"
#include "tests/cli/cli_harness.h"
#include "tools/npy/npy.h"

namespace tegula::testing {
namespace {

using ::testing::HasSubstr;

npy::Array floats(const Dims& shape, const std::vector<float>& values) {
  npy::Array array{DType::f32, shape, {}};
  array.data.resize(values.size() * sizeof(float));
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

std::vector<float> floats_of(const std::string& path) {
  const npy::Array array = npy::read_file(path);
  EXPECT_EQ(array.dtype, DType::f32);
  std::vector<float> values(array.data.size() / sizeof(float));
  std::memcpy(values.data(), array.data.data(), array.data.size());
  return values;
}

TEST(Run, TheCheckOfTheFirstSlice) {
  for (const std::string arch : {"sim:sm_80", "sim:sm_90a"})
    for (const std::string n : {"1", "77", "1000", "4096", "8191"}) {
      const CliResult result =
          tegula_cli("run rms_norm_fn --random x=8x" + n + ":bf16 --random weight=" + n +
                     ":bf16 --random residual=8x" + n +
                     ":bf16 --param prenorm=1 --check --counters --json --device " + arch);
      EXPECT_EQ(result.status, 0) << arch << " " << n << result.err << result.out;
      const auto json = result.json();
      EXPECT_EQ(json.at("op"), "rms_norm_fn");
      EXPECT_EQ(json.at("device"), arch);
      EXPECT_EQ(json.at("dtype"), "bf16");
      EXPECT_EQ(json.at("shapes").at("x")[0], 8);
      EXPECT_TRUE(json.at("passed").get<bool>());
      EXPECT_LE(json.at("ratio").get<double>(), 1);
      EXPECT_NEAR(json.at("ratio").get<double>(),
                  json.at("max_error").get<double>() / json.at("bound").get<double>(), 1e-9);
      EXPECT_TRUE(json.at("plain_error").is_number());
      EXPECT_TRUE(json.at("config").at("bn").is_number_integer());
      EXPECT_EQ(json.at("outputs").size(), 3U);
    }
}

TEST(Run, EveryOp) {
  struct Line {
    std::string op, tensors, kernel;
    std::vector<std::string> outputs;
  };
  const std::string x = " --random x=5x77:bf16 ", ce = x + "--random target=5:i64 ";
  const std::string gate = " --random a=5x77:f16 --random b=5x77:f16 ";
  const std::string tables = " --random cos=9x16:f32 --random sin=9x16:f32 ";
  const std::string norm = x + "--random weight=77:f32 --param dropout_p=0.3 --param seed=5 ";
  const std::string both = norm + "--random x1=5x77:f16 --random weight1=77:bf16 ";
  const std::string backward = "--random dy=5x77:f16 --param zero_centered_weight=1 ";
  for (const Line& line : {
           Line{"rms_norm_fn",
                both + "--random bias1=77:f32 --param return_dropout_mask=1 --param offset=2",
                "rms_norm_fwd",
                {"y", "y1", "residual_out", "mask", "mask1", "rstd"}},
           Line{"layer_norm_fn",
                norm + "--random rowscale=5:f32 --param residual_in_fp32=1 --param prenorm=1 "
                       "--random out=5x77:f16 --random residual_out=5x77:f32",
                "layer_norm_fwd",
                {"y", "residual_out", "rstd", "mean"}},
           Line{"layer_norm_fn",
                norm + "--param is_rms_norm=true",
                "rms_norm_fwd",
                {"y", "residual_out", "rstd"}},
           Line{"rms_norm_fn_bwd",
                both + backward + "--random dy1=5x77:f32 --random residual=5x77:f32",
                "norm_column_sums",
                {"dx", "dweight", "dresidual", "dx1", "dweight1"}},
           Line{"layer_norm_fn_bwd",
                norm + backward +
                    "--random bias=77:f32 --random rowscale=5:bf16 "
                    "--param prenorm=1 --random dresidual_out=5x77:bf16",
                "norm_column_sums",
                {"dx", "dweight", "dbias"}},
           Line{"softmax", x, "softmax_fwd", {"y"}},
           Line{"softmax_bwd", x + "--random dy=5x77:bf16", "softmax_bwd", {"dx"}},
           Line{"log_softmax", x, "log_softmax_fwd", {"y"}},
           Line{"log_softmax_bwd", x + "--random dy=5x77:f32", "log_softmax_bwd", {"dx"}},
           Line{"cross_entropy",
                ce + "--param label_smoothing=0.1 --param logit_scale=0.5",
                "cross_entropy_fwd",
                {"loss", "lse"}},
           Line{"cross_entropy_bwd",
                ce + "--random dloss=5:f32 --param lse_square_scale=0.01",
                "cross_entropy_bwd",
                {"dx"}},
           Line{"rotary",
                tables + "--random x=2x5x3x40:f32 --param seqlen_offset=4",
                "rotary_fwd",
                {"y"}},
           Line{"rotary",
                tables + "--random x=2x5x3x40:f32 --random seqlen_offsets=2:i32",
                "rotary_fwd",
                {"y"}},
           Line{"rotary_bwd",
                tables + "--random dy=2x5x3x40:f32 --param interleaved=1",
                "rotary_fwd",
                {"dx"}},
           Line{"swiglu", gate + "--param out_dtype=f32", "swiglu_fwd", {"y"}},
           Line{"swiglu_bwd", gate + "--random dy=5x77:f16", "swiglu_bwd", {"da", "db"}},
           Line{"dropout_add_rms_norm",
                " --random x0=5x77:bf16 --random residual=5x77:f32 --random weight=77:f32 --random "
                "layerscale=77:f32 --random rowscale=5:bf16 --param dropout_p=0.37 --param "
                "return_dropout_mask=1 --param prenorm=1",
                "rms_norm_fwd",
                {"y", "mask", "residual_out", "rstd"}},
           Line{"dropout_add_layer_norm_bwd",
                " --random x0=5x77:bf16 --random weight=77:f32 --random bias=77:f32 --random "
                "layerscale=77:f32 --random dy=5x77:bf16 --param dropout_p=0.37",
                "norm_column_sums",
                {"dx0", "dweight", "dbias", "dlayerscale"}},
           Line{"dropout_add_layer_norm_subset",
                " --random x0=5x77:bf16 --random weight=77:f32 --param return_dropout_mask=1",
                "layer_norm_fwd",
                {"y", "mask", "rstd", "mean"}},
           Line{"dropout_add_rms_norm_subset_bwd",
                " --random x0=5x77:bf16 --random weight=77:f32 --random residual=5x77:f32 --random "
                "dy=5x77:bf16 --param dropout_p=0.37",
                "norm_column_sums",
                {"dx0", "dweight", "dresidual"}},
           Line{"dropout_add_rms_norm_parallel_residual",
                " --random x0=5x77:f16 --random x1=5x77:f16 --random weight0=77:f32 --random "
                "weight1=77:f32 --param dropout_p=0.37 --param return_dropout_mask=1",
                "rms_norm_fwd",
                {"y", "y1", "residual_out", "mask", "mask1", "rstd"}},
           Line{"dropout_add_layer_norm_parallel_residual_bwd",
                " --random x0=5x77:f16 --random x1=5x77:f16 --random weight0=77:f32 --random "
                "weight1=77:f32 --random dy=5x77:f16 --random dy1=5x77:f16 --param dropout_p=0.37",
                "norm_column_sums",
                {"dx0", "dx1", "dweight0", "dweight1"}},
           Line{"dropout",
                x + "--param dropout_p=0.27 --param seed=12345678901234567890 --param offset=4",
                "dropout",
                {"y", "mask"}},
           Line{"dropout_bwd",
                " --random dy=5x77:f16 --param dropout_p=0.9 --param out_dtype=f32",
                "dropout",
                {"dx"}},
           Line{"dropout_mask",
                " --param m=5 --param n=77 --param of_x1=1 --param offset=18446744073709551615",
                "dropout_mask",
                {"mask"}},
       }) {
    const CliResult result =
        tegula_cli("run " + line.op + line.tensors + " --check --counters --json --device sim");
    EXPECT_EQ(result.status, 0) << line.op << result.err << result.out;
    const auto json = result.json();
    EXPECT_EQ(json.at("op"), line.op);
    EXPECT_TRUE(json.at("passed").get<bool>()) << line.op;
    EXPECT_TRUE(json.at("ratio").is_number()) << line.op;
    for (const std::string& name : line.outputs)
      EXPECT_TRUE(json.at("outputs").contains(name)) << line.op << " " << name;
    EXPECT_EQ(json.at("outputs").size(), line.outputs.size()) << line.op;
    EXPECT_EQ(json.at("launches").back().at("kernel"), line.kernel);
    EXPECT_TRUE(json.at("counters").at("reports").empty());
  }
}

TEST(Run, WhatWasNotCheckedHasNotPassed) {
  const std::string run = "run softmax --random x=2x7:f32 --device sim --json";
  const auto json = tegula_cli(run).json();
  for (const char* name : {"passed", "ratio", "bound"}) EXPECT_FALSE(json.contains(name)) << name;
  EXPECT_TRUE(json.at("reports").empty());
  EXPECT_TRUE(tegula_cli(run + " --check").json().at("passed").get<bool>());
}

TEST(Run, ConfigsArePinned) {
  for (const std::string line :
       {"softmax_bwd --random x=3x77:f32 --random dy=3x77:f32 --config rows=2,bn=32,warps=1",
        "swiglu --random a=3x77:f32 --random b=3x77:f32 --config rows=2,bn=32,warps=1",
        "dropout_mask --param m=3 --param n=77 --config rows=2,bn=32,warps=1",
        "rotary --random x=1x9x3x16:f32 --random cos=9x8:f32 --random sin=9x8:f32 --config "
        "bs=2,bh=1,turns=3,warps=1"}) {
    const CliResult result = tegula_cli("run " + line + " --check --json --device sim");
    EXPECT_EQ(result.status, 0) << line << result.err;
    EXPECT_EQ(result.json().at("config").at("warps"), 1) << line;
  }
}

TEST(Run, RandomTargetsAreClasses) {
  const TemporaryFolder folder;
  const CliResult result = tegula_cli(
      "run cross_entropy --random target=500:i64 --random x=500x3:f32 --device sim --out loss=" +
      folder.file("loss.npy"));
  ASSERT_EQ(result.status, 0) << result.err;
  for (const float loss : floats_of(folder.file("loss.npy"))) EXPECT_GE(loss, 0);
}

TEST(Run, CountersAndLaunches) {
  const std::string line =
      "run rms_norm_fn --random x=6x512:f16 --random weight=512:f32 --device sim:sm_80 --counters "
      "--check --json";
  const auto json = tegula_cli(line).json();
  const auto& counters = json.at("counters");
  EXPECT_EQ(counters.at("arguments").at("x").at("load_bytes"), 6 * 512 * 2);
  EXPECT_EQ(counters.at("arguments").at("x").at("store_bytes"), 0);
  EXPECT_EQ(counters.at("arguments").at("y").at("store_bytes"), 6 * 512 * 2);
  for (const char* name :
       {"global_sectors", "min_sectors", "vector128_fraction", "shared_wavefronts",
        "min_shared_wavefronts", "mma_ops", "barriers", "blocks"})
    EXPECT_TRUE(counters.at(name).is_number()) << name;
  EXPECT_TRUE(counters.at("instructions").is_object());
  EXPECT_THAT(counters.at("checks"), ::testing::ElementsAreArray(sim_checks));
  EXPECT_TRUE(counters.at("reports").empty());
  ASSERT_EQ(json.at("launches").size(), 1U);
  EXPECT_EQ(json.at("launches")[0].at("kernel"), "rms_norm_fwd");
  EXPECT_THAT((std::vector<std::string>{"memory", "compiled"}),
              ::testing::Contains(json.at("cache").get<std::string>()));
  EXPECT_TRUE(tegula_cli(line + " --sim-checks none").json().at("counters").at("checks").empty());
}

TEST(Run, FilesIn_FilesOut_ByHand) {
  const TemporaryFolder folder;
  npy::write_file(folder.file("x.npy"), floats({2, 2}, {3, 4, 0, 5}));
  npy::write_file(folder.file("w.npy"), floats({2}, {1, 10}));
  const CliResult result = tegula_cli(
      "run rms_norm_fn --in x=" + folder.file("x.npy") + " --in weight=" + folder.file("w.npy") +
      " --param eps=3.5 --out y=" + folder.file("y.npy") + " --out rstd=" + folder.file("r.npy") +
      " --device sim --check");
  ASSERT_EQ(result.status, 0) << result.err;
  // Both rows: mean(s^2) = 12.5, plus eps = 16, so rstd = 1/4 exactly.
  const std::vector<float> y = floats_of(folder.file("y.npy"));
  const std::vector<float> wanted = {0.75F, 10, 0, 12.5F};
  ASSERT_EQ(y.size(), wanted.size());
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], wanted[i], 1e-5);
  EXPECT_NEAR(floats_of(folder.file("r.npy"))[1], 0.25F, 1e-7);
  EXPECT_THAT(result.out, HasSubstr("passed"));
}

TEST(Run, DTypesConvertOnLoad) {
  const TemporaryFolder folder;
  npy::write_file(folder.file("x.npy"), floats({1, 2}, {1 + 0x1p-9F, 2}));
  const std::string files =
      "run rms_norm_fn --random weight=2:f32 --device sim --json --check --in x=" +
      folder.file("x.npy");
  EXPECT_EQ(tegula_cli(files).json().at("dtype"), "f32");
  EXPECT_EQ(tegula_cli(files + ":bf16").json().at("dtype"), "bf16");
  const auto converted = tegula_cli(files + " --dtype f16 --param out_dtype=f32").json();
  EXPECT_EQ(converted.at("dtype"), "f16");
  EXPECT_EQ(converted.at("outputs").at("y").at("dtype"), "f32");
}

TEST(Run, ConversionsThatLoseANumberAreWrongInput) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& dtype, float value, const std::string& problem,
                           const std::string& got) {
    npy::write_file(folder.file("t.npy"), floats({3}, {1, 0, value}));
    expect_refused("run cross_entropy --random x=3x4:f32 --device sim --in target=" +
                       folder.file("t.npy") + ":" + dtype,
                   2, {"--in target: " + problem, "got " + got + ", element 2 of ", "t.npy"});
  };
  refused("i64", std::nanf(""), "i64 has no such number", "nan");
  refused("i64", INFINITY, "i64 has no such number", "inf");
  refused("i64", 1.5F, "i64 has no such number", "1.5");
  refused("i64", 0x1p63F, "i64 has no such number", "9.223372036854776e+18");
  refused("i32", 0x1p31F, "i32 has no such number", "2147483648");
  refused("u8", -1, "u8 has no such number", "-1");
  refused("i1", 2, "i1 has no such number", "2");
  refused("f16", 65520, "f16 has no such number", "65520");

  const auto taken = [&](const std::string& dtype, const std::vector<float>& values) {
    npy::write_file(folder.file("t.npy"), floats({3}, values));
    return tegula_cli("run cross_entropy --random x=3x4:f32 --check --device sim --in target=" +
                      folder.file("t.npy") + ":" + dtype)
        .status;
  };
  EXPECT_EQ(taken("i64", {0, -100, 3}), 0);
  // What a float cannot hold in full is rounded; NaN and infinities are numbers of floats.
  npy::write_file(folder.file("x.npy"), floats({1, 4}, {0.1F, 65519, INFINITY, std::nanf("")}));
  EXPECT_EQ(
      tegula_cli("run softmax --check --device sim --in x=" + folder.file("x.npy") + ":f16").status,
      0);
}

TEST(Run, ADamagedFileIsWrongInput) {
  const TemporaryFolder folder;
  auto array = floats({2, 2}, {1, 2, 3, 4});
  array.data.resize(15);
  npy::write_file(folder.file("x.npy"), array);
  expect_refused(
      "run rms_norm_fn --device sim --random weight=2:f32 --in x=" + folder.file("x.npy"), 2,
      {"x.npy", "ends within its data"});
}

TEST(Run, TheSameSeedGivesTheSameNumbers) {
  const TemporaryFolder folder;
  const auto y_of = [&](const std::string& options) {
    const CliResult result = tegula_cli(
        "run rms_norm_fn --random x=2x16:f32 --random weight=16:f32 --device sim --out y=" +
        folder.file("y.npy") + " " + options);
    EXPECT_EQ(result.status, 0) << result.err;
    return floats_of(folder.file("y.npy"));
  };
  const std::vector<float> first = y_of("");
  EXPECT_EQ(y_of("--seed 0"), first);
  EXPECT_EQ(y_of("--sim-seed 5"), first);
  EXPECT_NE(y_of("--seed 1"), first);
}

TEST(Run, NothingToDo) {
  for (const char* shapes :
       {"--random x=0x8:f32 --random weight=8:f32", "--random x=3x0:f32 --random weight=0:f32"}) {
    const CliResult result = tegula_cli(std::string("run rms_norm_fn --device sim --check "
                                                    "--counters --json ") +
                                        shapes);
    EXPECT_EQ(result.status, 0) << shapes << result.err << result.out;
    EXPECT_TRUE(result.json().at("launches").empty());
  }
}

TEST(Run, GradientsOfRowsWithoutElements) {
  for (const std::string op : {"rms_norm_fn_bwd", "layer_norm_fn_bwd"}) {
    const CliResult result =
        tegula_cli("run " + op +
                   " --device sim --check --random x=4x0:f32 --random weight=0:f32 "
                   "--random dy=4x0:f32");
    EXPECT_EQ(result.status, 0) << op << result.err << result.out;
  }
}

TEST(Run, DestinationsAreWritten) {
  const CliResult result = tegula_cli(
      "run rms_norm_fn --device sim --check --json --random x=3x32:bf16 --random weight=32:bf16 "
      "--random residual=3x32:f32 --random out=3x32:f32 --random residual_out=3x32:f32");
  EXPECT_EQ(result.status, 0) << result.err << result.out;
  EXPECT_EQ(result.json().at("outputs").at("y").at("dtype"), "f32");
}

TEST(Run, WithoutADeviceTheSimulatorIsSaid) {
  const CliResult result = tegula_cli("run rms_norm_fn --random x=1x8:f32 --random weight=8:f32");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err + result.out, HasSubstr("on "));
}

TEST(Run, TheEnvironmentNamesADevice) {
  setenv("TEGULA_DEVICE", "sim:sm_80", 1);
  const std::string run = "run rms_norm_fn --random x=1x8:f32 --random weight=8:f32 --json";
  EXPECT_EQ(tegula_cli(run).json().at("device"), "sim:sm_80");
  EXPECT_EQ(tegula_cli(run + " --device sim").json().at("device"), "sim:sm_90a");
  setenv("TEGULA_DEVICE", "gpu", 1);
  expect_refused(run, 2, {"TEGULA_DEVICE", "not the name of a device"});
  unsetenv("TEGULA_DEVICE");
}

// A backward runs its forward first; the config is the backward's.
TEST(Run, TheConfigOfABackward) {
  const auto json = tegula_cli(
                        "run rms_norm_fn_bwd --random x=9x64:f32 --random weight=64:f32 --random "
                        "dy=9x64:f32 --config rows=2,bn=64,warps=2 --device sim --check --json")
                        .json();
  EXPECT_TRUE(json.at("passed").get<bool>());
  EXPECT_EQ(json.at("config").at("rows"), 2);
  EXPECT_EQ(json.at("launches")[0].at("kernel"), "rms_norm_fwd");
  EXPECT_NE(json.at("launches")[0].at("config").at("rows"), 2);
}

}  // namespace
}  // namespace tegula::testing
