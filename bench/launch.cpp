// bench_launch: what a call costs on the host when its kernel is ready.
//
//   bench_launch [CALLS] [THREADS] [DEVICE] [OP]
//
// calls OP, rms_norm_fn (64 x 4096, bf16, with residual and destinations), swiglu or softmax (with
// a destination), CALLS times (default 200000) on each of 1 and THREADS (default 2) threads, and
// prints one JSON object: nanoseconds a call (the least of five rounds), calls a second over all
// threads, and allocations a call. By default DEVICE is one that does nothing, null:0, so that what
// is measured is all above the driver's call; on cuda:0 the driver's part comes on top. Each thread
// has a stream of its own and waits for it, untimed, every 200 calls: a driver makes those wait who
// run too far ahead. Exit status 3: there is no such device.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench/launch.h"
#include "runtime/format/entry.h"
#include "tegula/ops/norm.h"
#include "tegula/ops/softmax.h"
#include "tegula/ops/swiglu.h"
#include "tools/common/standard_output.h"

extern std::atomic<std::uint64_t> allocations;  // allocations.cpp

namespace {

/// Memory of the host's; kernels are compiled and taken, launches are counted.
class NullDevice final : public tegula::Device {
 public:
  std::string name() const override { return "null:0"; }
  tegula::Target target() const override { return {tegula::Target::Backend::sim, "sm_90a"}; }
  int multiprocessors() const override { return 132; }
  void* allocate(std::size_t bytes, tegula::NativeStream) override {
    return std::aligned_alloc(256, (bytes + 255) & ~255ul);
  }
  void deallocate(void* data, tegula::NativeStream) noexcept override { std::free(data); }
  void copy_to_device(void*, const void*, std::size_t, tegula::NativeStream) override {}
  void copy_to_host(void*, const void*, std::size_t, tegula::NativeStream) override {}
  std::shared_ptr<tegula::LoadedKernel> load(const tegula::format::Entry&,
                                             std::vector<tegula::SourceLocation>) override {
    return std::make_shared<Kernel>();
  }
  void launch(const tegula::LoadedKernel&, const tegula::LaunchCall& call) override {
    blocks += call.grid[0];
  }
  void synchronize(tegula::NativeStream) override {}
  static thread_local std::uint64_t blocks;

 private:
  struct Kernel : tegula::LoadedKernel {};
};
thread_local std::uint64_t NullDevice::blocks = 0;

struct Buffers {
  explicit Buffers(tegula::Stream& stream)
      : x(stream.empty(tegula::bf16, {64, 4096})),
        residual(stream.empty(tegula::bf16, {64, 4096})),
        weight(stream.empty(tegula::bf16, {4096})),
        y(stream.empty(tegula::bf16, {64, 4096})),
        residual_out(stream.empty(tegula::bf16, {64, 4096})),
        rstd(stream.empty(tegula::f32, {64})) {}
  tegula::Tensor x, residual, weight, y, residual_out, rstd;
};

using Call = void (*)(tegula::Stream& stream, const Buffers& b);

void rms_norm(tegula::Stream& stream, const Buffers& b) {
  tegula::ops::rms_norm_fn(
      stream, b.x, b.weight,
      {.residual = b.residual, .out = b.y, .residual_out = b.residual_out, .rstd = b.rstd});
}
void swiglu(tegula::Stream& stream, const Buffers& b) {
  tegula::ops::swiglu(stream, b.x, b.residual, {.out = b.y});
}
void softmax(tegula::Stream& stream, const Buffers& b) {
  tegula::ops::softmax(stream, b.x, {.out = b.y});
}

/// Null if there is no such op here.
Call call_of(std::string_view op) {
  if (op == "swiglu") return swiglu;
  if (op == "softmax") return softmax;
  return op == "rms_norm_fn" ? rms_norm : nullptr;
}

/// A thread's time of `calls` calls, in nanoseconds.
double timed(Call call, tegula::Stream& stream, const Buffers& buffers, int calls) {
  using Clock = std::chrono::steady_clock;
  constexpr int burst = 200;
  Clock::duration spent{};
  for (int done = 0; done < calls; done += burst) {
    const auto start = Clock::now();
    for (int k = done; k < std::min(done + burst, calls); ++k) call(stream, buffers);
    spent += Clock::now() - start;
    stream.synchronize();
  }
  return std::chrono::duration<double, std::nano>(spent).count();
}

/// Nanoseconds a call, on average over the threads.
double nanoseconds(Call call, const std::shared_ptr<tegula::Device>& device, int calls,
                   int threads) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<double> spent(static_cast<std::size_t>(threads));
  {
    std::vector<std::jthread> workers;
    try {
      for (double& mine : spent)
        workers.emplace_back([&] {
          tegula::Stream stream = tegula::Stream::create(device);
          const Buffers buffers(stream);
          call(stream, buffers);
          stream.synchronize();
          ++ready;
          while (!go) std::this_thread::yield();
          mine = timed(call, stream, buffers, calls);
        });
    } catch (...) {  // too many threads for this machine: those that there are may go
      go = true;
      throw;
    }
    while (ready < threads) std::this_thread::yield();
    go = true;
  }
  double sum = 0;
  for (const double one : spent) sum += one;
  return sum / threads / calls;
}

}  // namespace

namespace tegula::bench {

int launch_main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200000;
  const int most = argc > 2 ? std::max(1, std::atoi(argv[2])) : 2;
  const std::string name = argc > 3 ? argv[3] : "null:0";
  const std::string op = argc > 4 ? argv[4] : "rms_norm_fn";
  const Call call = call_of(op);
  if (call == nullptr) {
    std::fprintf(stderr, "bench_launch: no op '%s'; there are rms_norm_fn, swiglu, softmax\n",
                 op.c_str());
    return 2;
  }
  try {
    const std::shared_ptr<Device> device =
        name == "null:0" ? std::make_shared<NullDevice>() : open_device(name);
    nlohmann::ordered_json json = {{"op", op}, {"device", name}, {"calls", calls}};
    for (const int threads : {1, most}) {
      double best = 1e30;
      for (int round = 0; round < 5; ++round)
        best = std::min(best, nanoseconds(call, device, calls, threads));
      json["threads"].push_back({{"threads", threads},
                                 {"nanoseconds_a_call", best},
                                 {"million_calls_a_second", 1e3 * threads / best}});
    }
    Stream stream(device);
    const Buffers buffers(stream);
    call(stream, buffers);
    const std::uint64_t before = allocations;
    for (int k = 0; k < 1000; ++k) call(stream, buffers);
    json["allocations_a_call"] = static_cast<double>(allocations - before) / 1000;
    stream.synchronize();
    tools::put(json.dump(2) + "\n");
    tools::finish_output();
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "bench_launch: %s\n", error.what());
    return error.code() == ErrorCode::environment ? 3 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_launch: %s\n", error.what());
    return 1;
  }
}

}  // namespace tegula::bench
