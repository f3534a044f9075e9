// Wrong usage: exit status 2, nothing on standard output, and a message that says what is wanted.
#include "tests/cli/cli_harness.h"

namespace tegula::testing {
namespace {

TEST(Usage, Help) {
  for (const char* line :
       {"--help", "run --help", "emit --help", "doctor --help", "kernels --help"}) {
    const CliResult result = tegula_cli(std::string(line));
    EXPECT_EQ(result.status, 0) << line;
    EXPECT_THAT(result.out, ::testing::HasSubstr("Usage")) << line;
  }
  EXPECT_THAT(tegula_cli("run --help").out, ::testing::HasSubstr("rms_norm_fn"));
}

TEST(Usage, Subcommands) {
  expect_refused("", 2, {"subcommand"});
  expect_refused("frobnicate", 2, {"no such subcommand", "'frobnicate'", "doctor, kernels"});
  expect_refused("run", 2, {"OP"});
  expect_refused("doctor --frob", 2, {"--frob"});
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
                 {"no such parameter", "'colour'", "eps, prenorm, out_dtype"});
  expect_refused(run + "--param eps=small", 2, {"--param eps: no number", "'small'"});
  expect_refused(run + "--param eps=-1", 2, {"eps: out of range"});
  expect_refused(run + "--param prenorm=maybe", 2, {"--param prenorm: no truth value"});
  expect_refused(run + "--param eps=1 --param eps=2", 2, {"given twice"});
  expect_refused(run + "--config colour=1", 2, {"no such field", "rows, bn, warps"});
  expect_refused(run + "--config bn=5", 2, {"config.bn", "a power of two"});
  expect_refused(run + "--config rows=1024,bn=16384", 2, {"config.bn: a tile is too large"});
  expect_refused(run + "--config bn=9999999999999", 2, {"config.bn"});
  expect_refused(run + "--out z=z.npy", 2, {"no such output", "y, residual_out, rstd"});
  expect_refused(run + "--out y=", 2, {"no file"});
  expect_refused(run + "--sim-checks some", 2, {"--sim-checks", "all or none"});
  expect_refused(run + "--seed x", 2, {"--seed"});
}

TEST(Usage, RunDevices) {
  const std::string run = "run rms_norm_fn --random x=4x8:f32 --random weight=8:f32 --device ";
  expect_refused(run + "gpu", 2, {"not the name of a device", "cuda:N, sim, or sim:ARCH"});
  expect_refused(run + "sim:sm_1", 2, {"sm_1"});
  expect_refused(run + "cuda:0", 3, {"no CUDA backend yet", "use the simulator"});
}

TEST(Usage, Emit) {
  expect_refused("emit frob --arch sm_80 --stage ptx", 2, {"no such kernel", "rms_norm_fwd"});
  expect_refused("emit rms_norm_fwd --arch sm_80", 2, {"--stage"});
  const std::string emit = "emit rms_norm_fwd --arch sm_80 --stage program ";
  expect_refused("emit rms_norm_fwd --arch sm_80 --stage frob", 2, {"no such stage", "cubin, sim"});
  expect_refused(emit + "--bind q=4:f32", 2, {"no such tensor", "'q'", "residual"});
  expect_refused(emit + "--bind eps=4:f32", 2, {"no such tensor"});
  expect_refused(emit + "--bind x=4x8", 2, {"no dtype for x"});
  expect_refused(emit + "--bind x=4x8:f32 --bind x=4x8:f32", 2, {"bound twice"});
  expect_refused(emit + "--bind x=4:f32", 2, {"x:", "rank"});
  expect_refused(emit + "--config colour=1", 2, {"colour"});
  expect_refused(emit + "--config bn=1000", 2, {"error: bn: no such configuration", "1000"});
  expect_refused(emit + "--config rows=1024,bn=16384", 2,
                 {"rms_norm_fwd: error: rows: a tile is too large for its threads", "at most 2"});
  expect_refused(emit + "-o /nowhere/at/all", 2, {"/nowhere/at/all", "cannot be created"});
  expect_refused("emit rms_norm_fwd --arch sm_1 --stage ptx", 2, {"sm_1"});
}

}  // namespace
}  // namespace tegula::testing
