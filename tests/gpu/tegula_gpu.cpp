// tegula-gpu: all that docs/gpu.md runs on a GPU machine, in one program that needs no other file.
//
//   tegula-gpu COMMAND [ARGUMENT]...
//
// Exit status: the command's; 2 for an unknown one; 3 where there is no GPU.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "bench/launch.h"
#include "bench/ops/bench_ops.h"
#include "bench/start.h"
#include "tegula/cli.h"
#include "tegula/device.h"
#include "tests/golden/golden.h"

namespace tegula {
namespace {

/// The tests of one program, on the GPU alone unless told otherwise: `prefix` is what its
/// instantiations are named.
int run_tests(int argc, char** argv, const char* prefix) {
  constexpr int keep = 0;
  ::setenv("TEGULA_TEST_DEVICE", "cuda:0", keep);
  GTEST_FLAG_SET(filter, std::string(prefix) + "/*/cuda_*");
  ::testing::InitGoogleTest(&argc, argv);
  if (argc > 1) {
    std::fprintf(stderr, "tegula-gpu: %s: unknown argument; those of GoogleTest are known\n",
                 argv[1]);
    return 2;
  }
  if (!GTEST_FLAG_GET(list_tests)) {
    try {
      open_device(std::getenv("TEGULA_TEST_DEVICE"));
    } catch (const Error& error) {
      std::fprintf(stderr, "tegula-gpu: no GPU: %s\n", error.what());
      return 3;
    }
  }
  return RUN_ALL_TESTS();
}
int run_kernels(int argc, char** argv) { return run_tests(argc, argv, "Targets"); }
int run_ops(int argc, char** argv) { return run_tests(argc, argv, "Ops"); }
int run_start(int argc, char** argv) { return bench::start_main(argc, argv, "bench-start"); }

const struct {
  const char* name;
  const char* what;
  int (*run)(int argc, char** argv);
} commands[] = {
    {"kernels", "the tests of the language and the compiler; arguments are GoogleTest's",
     run_kernels},
    {"ops", "the tests of the library's ops; arguments are GoogleTest's", run_ops},
    {"golden", "DEVICE DEVICE: where two devices differ, bit for bit", golden::main},
    {"bench-ops", "the speed of every op; --help lists its options", bench::ops_main},
    {"bench-launch", "[CALLS] [THREADS] [DEVICE]: what a call costs on the host",
     bench::launch_main},
    {"bench-start", "[ROUNDS] [DEVICE]: from a process's start to its first launch", run_start},
    {"tegula", "the tegula program", cli_main},
};

int print_usage(std::FILE* stream) {
  std::fprintf(stream, "usage: tegula-gpu COMMAND [ARGUMENT]...\n");
  for (const auto& command : commands)
    std::fprintf(stream, "  %-13s %s\n", command.name, command.what);
  return stream != stdout ? 2 : std::fflush(stdout) != 0;
}

int main_of(int argc, char** argv) {
  if (argc < 2) return print_usage(stderr);
  const std::string_view name = argv[1];
  if (name == "--help") return print_usage(stdout);
  for (const auto& command : commands)
    if (name == command.name) return command.run(argc - 1, argv + 1);
  std::fprintf(stderr, "tegula-gpu: no command '%s'\n", argv[1]);
  return print_usage(stderr);
}

}  // namespace
}  // namespace tegula

int main(int argc, char** argv) { return tegula::main_of(argc, argv); }
