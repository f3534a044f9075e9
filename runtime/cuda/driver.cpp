#include "runtime/cuda/driver.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <mutex>

#include <fmt/format.h>

namespace tegula::cuda {
namespace {

std::atomic<bool> is_forked{false};

[[noreturn]] void unusable(std::string problem, std::string got, std::string hint) {
  throw Error(ErrorCode::environment, {.argument = "CUDA driver",
                                       .problem = std::move(problem),
                                       .got = std::move(got),
                                       .hint = std::move(hint)});
}

constexpr const char* use_simulator = "use the simulator: sim, sim:sm_80, sim:sm_90a";

Driver open_driver() {
  // Never closed: the driver has threads and handlers of its own.
  void* library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    unusable("libcuda.so.1 cannot be opened", why != nullptr ? why : "", use_simulator);
  }
  Driver functions;
#define TEGULA_CUDA_LOOK_UP(name, exported, parameters)                                    \
  functions.name = reinterpret_cast<decltype(functions.name)>(::dlsym(library, exported)); \
  if (functions.name == nullptr)                                                           \
    unusable("libcuda.so.1 lacks a function", exported, "install a driver of CUDA 12 or newer");
  TEGULA_CUDA_FUNCTIONS(TEGULA_CUDA_LOOK_UP)
#undef TEGULA_CUDA_LOOK_UP
  return functions;
}

/// Null until the driver is open. After a failure the next call tries again.
std::atomic<const Driver*> opened{nullptr};

const Driver& open_once() {
  static auto* mutex = new std::mutex;  // never destroyed, as kernels may be launched at exit
  const std::lock_guard lock(*mutex);
  if (const Driver* known = opened.load(std::memory_order_acquire)) return *known;
  auto* functions = new Driver(open_driver());
  const Result result = functions->cuInit(0);
  if (result != success) {
    const char* name = nullptr;
    functions->cuGetErrorName(result, &name);
    delete functions;
    unusable(result == no_device ? "there is no CUDA device" : "cuInit failed",
             fmt::format("{} ({})", name != nullptr ? name : "unknown error", result),
             use_simulator);
  }
  ::pthread_atfork(nullptr, nullptr, [] { is_forked.store(true, std::memory_order_relaxed); });
  opened.store(functions, std::memory_order_release);
  return *functions;
}

const char* hint_for(Result result) {
  if (code_of(result) == ErrorCode::device_fault)
    return "the device is lost to this process; run the same on the simulator, whose checks name "
           "the line";
  if (result == captured_event)
    return "the event was recorded on a stream that was capturing: it is a place in the graph, "
           "which other streams can wait for and nothing else";
  if (result == invalid_cluster_size)
    return "no part of the device can run all blocks of a cluster at one time: choose a config "
           "with a smaller cluster, fewer warps or less shared memory";
  if (result >= capture_unsupported && result <= capture_wrong_thread)
    return "end the capture of the stream first";
  return "";
}

}  // namespace

ErrorCode code_of(Result result) {
  switch (result) {
    case invalid_image:
    case no_binary_for_gpu:
    case invalid_ptx:
      return ErrorCode::corrupt_data;
    case out_of_memory:
    case launch_out_of_resources:
    case invalid_cluster_size:
      return ErrorCode::out_of_resources;
    case illegal_address:
    case launch_timeout:
    case assert_failed:
    case hardware_stack_error:
    case illegal_instruction:
    case misaligned_address:
    case invalid_address_space:
    case invalid_pc:
    case launch_failed:
      return ErrorCode::device_fault;
    default:
      return ErrorCode::environment;
  }
}

bool forked() { return is_forked.load(std::memory_order_relaxed); }

const Driver& driver() {
  if (forked())
    unusable("CUDA does not work in a process that was forked after CUDA was used", "",
             "fork before the first use of a CUDA device, or start another program");
  if (const Driver* known = opened.load(std::memory_order_acquire)) return *known;
  return open_once();
}

std::string describe(Result result) {
  const char *name = nullptr, *text = nullptr;
  if (const Driver* known = opened.load(std::memory_order_acquire)) {
    known->cuGetErrorName(result, &name);
    known->cuGetErrorString(result, &text);
  }
  return fmt::format("{} ({}){}{}", name != nullptr ? name : "unknown error", result,
                     text != nullptr ? ": " : "", text != nullptr ? text : "");
}

void check(Result result, const std::string& where, const char* call) {
  if (result == success) return;
  throw Error(code_of(result), {.where = where,
                                .problem = fmt::format("{} failed", call),
                                .got = describe(result),
                                .hint = hint_for(result)});
}

}  // namespace tegula::cuda
