// Wrong usage: exit status 2, nothing on standard output, and a message that says what is wanted.
#include "tests/cli/cli_harness.h"

namespace tegula::testing {
namespace {

TEST(Usage, Help) {
  for (const char* line :
       {"--help", "run --help", "emit --help", "doctor --help", "kernels --help", "ops --help"}) {
    const CliResult result = tegula_cli(std::string(line));
    EXPECT_EQ(result.status, 0) << line;
    EXPECT_THAT(result.out, ::testing::HasSubstr("Usage")) << line;
  }
  const std::string all = tegula_cli("run --help").out, one = tegula_cli("run rotary --help").out;
  EXPECT_THAT(all, ::testing::HasSubstr("\n  rms_norm_fn"));
  EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("seqlen_offsets")));
  EXPECT_THAT(one, ::testing::HasSubstr("seqlen_offsets    (b,), i32; may be left out\n"));
  EXPECT_THAT(one, ::testing::HasSubstr("interleaved=0     1: pairs are neighbours"));
  EXPECT_THAT(one, ::testing::HasSubstr("bs, bh, turns, warps"));
}

TEST(Usage, Subcommands) {
  expect_refused("", 2, {"SUBCOMMAND: none is given (wanted doctor, kernels", "'tegula --help'"});
  expect_refused("--frob", 2, {"SUBCOMMAND: none is given", "a subcommand first"});
  expect_refused("cache", 2,
                 {"SUBCOMMAND: none is given (wanted stats, ls", "'tegula cache --help'"});
  expect_refused("cache frob", 2,
                 {"SUBCOMMAND: no such subcommand", "got 'frob'; wanted stats, ls"});
  expect_refused("frobnicate", 2, {"no such subcommand", "'frobnicate'", "doctor, kernels"});
  expect_refused(
      "run", 2,
      {"OP: it is missing", "one of cross_entropy, cross_entropy_bwd", "'tegula run --help'"});
  expect_refused("run --frob", 2, {"OP: it is missing"});
  expect_refused("doctor --frob", 2,
                 {"doctor: it does not take this (got --frob; wanted --help, --json)"});
  expect_refused("ops --json --markdown", 2, {"--json", "--markdown"});
  expect_refused("cache ls a b", 2, {"ls: it does not take this (got a b;", "--history"});
  for (const char* later : {"bench rms_norm_fn", "tune show", "pack ls x"})
    expect_refused(later, 2, {"this version of tegula does not have it", "doctor, kernels"});
}

TEST(Usage, RunOps) { expect_refused("run frob", 2, {"OP: no such op", "'frob'", "rms_norm_fn"}); }

TEST(Usage, RunTensors) {
  const std::string run = "run rms_norm_fn --device sim ";
  expect_refused(run, 2, {"x: rms_norm_fn needs this tensor", "--random x=SHAPE:DTYPE"});
  expect_refused(run + "--random x=4x8:f32", 2, {"weight: rms_norm_fn needs this tensor"});
  expect_refused(run + "--random q=4x8:f32", 2, {"no such tensor", "'q'", "x, weight, bias"});
  expect_refused(run + "--random x", 2, {"--random: no assignment", "name=value"});
  expect_refused(run + "--random x=4y8:f32", 2, {"--random: no shape", "'4y8:f32'"});
  expect_refused(run + "--random x=4x8:f31", 2, {"--random: no dtype", "'f31'"});
  expect_refused(run + "--random x=4x8", 2, {"no dtype for x", "--dtype"});
  expect_refused(run + "--random x=4x8:f32 --random x=4x8:f32", 2, {"given twice"});
  expect_refused(run + "--in x=nowhere.npy", 2, {"nowhere.npy", "cannot be read"});
  expect_refused(run + "--random x=4x8:f32 --random weight=7:f32", 2, {"weight: wrong shape"});
  expect_refused(run + "--random x=4x8:i32 --random weight=8:f32", 2, {"x: wrong dtype", "i32"});
  expect_refused(run + "--dtype i32 --random x=4x8 --random weight=8", 2, {"--dtype", "i32"});
}

TEST(Usage, RunOptions) {
  const std::string run = "run rms_norm_fn --random x=4x8:f32 --random weight=8:f32 --device sim ";
  expect_refused(run + "--param colour=1", 2,
                 {"no such parameter", "'colour'", "eps, dropout_p, seed, offset, prenorm"});
  expect_refused(run + "--param eps=small", 2, {"--param eps: no number", "'small'"});
  expect_refused(run + "--param eps=-1", 2, {"eps: out of range"});
  expect_refused(run + "--param prenorm=maybe", 2, {"--param prenorm: no truth value"});
  expect_refused(run + "--param eps=1 --param eps=2", 2, {"given twice"});
  expect_refused(run + "--config colour=1", 2, {"no such field", "rows, bn, warps"});
  expect_refused(run + "--config bn=5", 2, {"config.bn", "a power of two"});
  expect_refused(run + "--config rows=1024,bn=16384", 2, {"config.bn: a tile is too large"});
  expect_refused(run + "--config bn=9999999999999", 2, {"config.bn"});
  expect_refused(run + "--out z=z.npy", 2,
                 {"no such output", "y, y1, residual_out, mask, mask1, rstd"});
  expect_refused(run + "--out y=", 2, {"no file"});
  expect_refused(run + "--sim-checks some", 2, {"--sim-checks", "all or none"});
  for (const std::string seed : {"x", "-1", "18446744073709551616", "1.5"})
    for (const std::string name : {"--seed", "--sim-seed"})
      expect_refused(run + name + " " + seed, 2,
                     {name + ": no whole number of 64 bits without a sign", "got '" + seed + "'",
                      "wanted 0 to 18446744073709551615"});
  expect_refused(run + "--param offset=-2", 2,
                 {"--param offset: no whole number of 64 bits without a sign", "got '-2'"});
  EXPECT_EQ(tegula_cli(run + "--seed 18446744073709551615 --sim-seed 0").status, 0);
  expect_refused(run + "--param", 2, {"--param: a value is missing", "name=VALUE"});
  expect_refused(run + "--config bn=8 --config bn=16", 2, {"--config: it is given more than once"});
  expect_refused(run + "--check=maybe", 2, {"--check: it takes no value"});
}

TEST(Usage, RunConfigsTooLarge) {
  const std::string rows = "--random x=4x8:f32 --device sim --config ";
  expect_refused("run softmax " + rows + "rows=1024,bn=16384", 2,
                 {"softmax: error: config.bn: a tile is too large", "at most 8192 with 1 warp)"});
  expect_refused(
      "run softmax " + rows + "rows=1024,bn=16384,warps=2", 2,
      {"softmax: error: config.rows: a tile is too large", "with bn = 16384 and 2 warps"});
  expect_refused(
      "run rotary --random x=1x4x2x16:f32 --random cos=4x8:f32 --random sin=4x8:f32 "
      "--device sim --config bs=1024,bh=1024",
      2, {"rotary: error: config.bs: a tile is too large", "got 1024"});
}

TEST(Usage, RandomTensorsBeyondTheMemory) {
  expect_refused(
      "run softmax --device sim --random x=1000000x10000000:f32", 3,
      {"--random x: it takes more memory", "1000000x10000000:f32, 240000000000000 bytes"});
  expect_refused("run softmax --device sim --random x=9000000000x9000000000:f32", 2,
                 {"--random: ", "64 bits", "got '9000000000x9000000000:f32'"});
  expect_refused("run softmax --device sim --random x=1x1x1x1x1x1x1x1x2:f32", 2,
                 {"--random: too many dimensions", "'1x1x1x1x1x1x1x1x2:f32'", "at most 8"});
}

TEST(Usage, Version) {
  const CliResult result = tegula_cli("--version");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, ::testing::MatchesRegex("tegula [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Usage, RunDevices) {
  const std::string run = "run rms_norm_fn --random x=4x8:f32 --random weight=8:f32 --device ";
  expect_refused(run + "gpu", 2, {"not the name of a device", "cuda:N, sim, or sim:ARCH"});
  expect_refused(run + "sim:sm_1", 2, {"sm_1"});
  expect_refused(run + "sim:sm_75", 2,
                 {"tegula: error: --device: the simulator does not know this architecture",
                  "got \"sm_75\"; wanted sm_80, sm_86"});
  expect_refused(run + "cuda:99", 3, {"tegula: error: --device: ", "cuda"});
}

TEST(Usage, Emit) {
  expect_refused("emit frob --arch sm_80 --stage ptx", 2, {"no such kernel", "rms_norm_fwd"});
  expect_refused("emit rms_norm_fwd --arch sm_80", 2, {"--stage: it is missing", "cubin or sim"});
  const std::string emit = "emit rms_norm_fwd --arch sm_80 --stage program ";
  expect_refused("emit rms_norm_fwd --arch sm_80 --stage frob", 2, {"no such stage", "cubin, sim"});
  expect_refused(emit + "--bind q=4:f32", 2, {"no such tensor", "'q'", "residual"});
  expect_refused(emit + "--bind eps=4:f32", 2, {"no such tensor"});
  expect_refused(emit + "--bind x=4x8", 2, {"no dtype for x"});
  expect_refused(emit + "--bind x=4x8:f32 --bind x=4x8:f32", 2, {"bound twice"});
  expect_refused(emit + "--bind x=4:f32", 2, {"x:", "rank"});
  expect_refused(emit + "--bind x=64x100:f32 --bind y=65x100:f32", 2,
                 {"rms_norm_fwd: error: y: wrong extent in dimension 0 (got 65;", "= 64"});
  expect_refused(emit + "--bind x=64x100:f32 --bind weight=99:f32", 2,
                 {"weight", "dimension 0", "got 99; wanted 100"});
  expect_refused("emit swiglu_fwd --stage ptx --bind a=3x64:bf16 --bind b=4x64:bf16", 2,
                 {"swiglu_fwd: error: b: wrong extent in dimension 0 (got 4;"});
  expect_refused(emit + "--config colour=1", 2, {"colour"});
  expect_refused(emit + "--config bn=1000", 2, {"error: bn: no such configuration", "1000"});
  expect_refused(emit + "--config rows=1024,bn=16384", 2,
                 {"rms_norm_fwd: error: rows: a tile is too large for its threads", "at most 2"});
  expect_refused(emit + "-o /nowhere/at/all", 2, {"/nowhere/at/all", "cannot be created"});
  expect_refused("emit rms_norm_fwd --arch sm_1 --stage ptx", 2, {"sm_1"});
}

}  // namespace
}  // namespace tegula::testing
