// bench_start: from the start of a process to the end of its first launch, with the kernel in the
// cache on disk. The program is linked as a user's is, to tegula::tegula: the compiler is at hand
// and not opened.
//
//   bench_start [ROUNDS] [DEVICE]
//
// starts itself ROUNDS times (default 100), each time launching ops::rms_norm_fn once (4 x 64, f32)
// on DEVICE (default sim:sm_90a, with its checks on), and prints one JSON object: milliseconds, the
// median and the least, from the start to main(), to the device being open, to the end of the
// launch, and the part of it that finding and verifying the kernel on disk took. Exit status 3:
// there is no such device.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/start.h"
#include "tegula/kernel_events.h"
#include "tegula/ops/norm.h"
#include "tegula/simulator.h"
#include "tools/common/standard_output.h"

namespace {

/// One start: milliseconds of the machine's monotonic clock.
struct Times {
  double main = 0, opened = 0, launched = 0, lookup = -1;
};

double now() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::atomic<double> lookup_ms{-1};

/// What a started process does. Writes its Times to standard output.
int launch_once(const char* device) {
  Times times{now()};
  tegula::set_kernel_event_hook([](const tegula::KernelEvent& event, void*) {
    if (event.kind == tegula::KernelEvent::Kind::loaded) lookup_ms = event.milliseconds;
  });
  tegula::Stream stream(tegula::open_device(device));
  times.opened = now();
  tegula::Tensor x = stream.empty(tegula::f32, {4, 64});
  tegula::Tensor weight = stream.empty(tegula::f32, {64});
  const std::vector<float> ones(4 * 64, 1.0f);
  x.copy_from_host(ones.data(), 4 * 64 * sizeof(float));
  weight.copy_from_host(ones.data(), 64 * sizeof(float));
  tegula::ops::rms_norm_fn(stream, x, weight);
  stream.synchronize();
  times.launched = now();
  times.lookup = lookup_ms;
  return write(STDOUT_FILENO, &times, sizeof times) == sizeof times ? 0 : 1;
}

/// Starts this program as launch_once. All times count from just before the start.
Times start(const char* program, const char* command, const char* device) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  std::vector<const char*> words = {program};
  if (command != nullptr) words.push_back(command);
  words.insert(words.end(), {"--launch", device, nullptr});
  pid_t child = 0;
  const double before = now();
  if (posix_spawn(&child, program, &actions, nullptr, const_cast<char**>(words.data()), environ) !=
      0)
    throw std::runtime_error("cannot start " + std::string(program));
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Times times;
  const ssize_t got = read(ends[0], &times, sizeof times);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (got != sizeof times || status != 0) throw std::runtime_error("the started process failed");
  times.main -= before;
  times.opened -= before;
  times.launched -= before;
  return times;
}

nlohmann::ordered_json summary(const std::vector<Times>& rounds, double Times::*field) {
  std::vector<double> values;
  for (const Times& times : rounds) values.push_back(times.*field);
  std::sort(values.begin(), values.end());
  return {{"median", values[values.size() / 2]}, {"least", values.front()}};
}

int run(int rounds, const char* device, const char* command) {
  std::string cache = (std::filesystem::temp_directory_path() / "tegula-start-XXXXXX").string();
  if (mkdtemp(cache.data()) == nullptr) throw std::runtime_error("no temporary directory");
  setenv("TEGULA_CACHE_DIR", cache.c_str(), 1);
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").string();
  const Times cold = start(path.c_str(), command, device);
  std::vector<Times> warm;
  for (int k = 0; k < rounds; ++k) warm.push_back(start(path.c_str(), command, device));
  std::filesystem::remove_all(cache);
  const nlohmann::ordered_json json = {{"bench", "start"},
                                       {"device", device},
                                       {"rounds", rounds},
                                       {"compiled_ms", cold.launched},
                                       {"to_main_ms", summary(warm, &Times::main)},
                                       {"to_device_ms", summary(warm, &Times::opened)},
                                       {"to_first_launch_ms", summary(warm, &Times::launched)},
                                       {"lookup_ms", summary(warm, &Times::lookup)}};
  tegula::tools::put(json.dump() + "\n");
  tegula::tools::finish_output();
  return 0;
}

}  // namespace

namespace tegula::bench {

int start_main(int argc, char** argv, const char* command) {
  const char* device = argc > 2 ? argv[2] : "sim:sm_90a";
  try {
    if (argc > 1 && std::string(argv[1]) == "--launch") return launch_once(device);
    open_device(device);  // for its errors
    return run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 100, device, command);
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_start: %s\n", error.what());
    return error.code() == ErrorCode::environment ? 3 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_start: %s\n", error.what());
    return 1;
  }
}

}  // namespace tegula::bench
