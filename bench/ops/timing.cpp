#include "bench/ops/timing.h"

#include <dlfcn.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "bench/ops/op_spec.h"
#include "tegula/event.h"

namespace tegula::bench {
namespace {

constexpr int warm_up = 3;

double gigabytes_a_second(std::int64_t bytes, double us) {
  return us > 0 ? static_cast<double>(bytes) / us * 1e-3 : 0;
}

/// The driver's own copy, which the library does not use; null without a driver. It wants a current
/// context: that of the device of the pointers.
class DriverCopy {
 public:
  DriverCopy() {
    void* library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) return;
    look_up(library, "cuMemcpyDtoDAsync_v2", copy_);
    look_up(library, "cuDeviceGet", get_);
    look_up(library, "cuDevicePrimaryCtxRetain", retain_);
    look_up(library, "cuCtxPushCurrent_v2", push_);
    look_up(library, "cuCtxPopCurrent_v2", pop_);
    int device = 0;
    usable_ = copy_ != nullptr && get_(&device, 0) == 0 && retain_(&context_, device) == 0;
  }
  bool usable() const { return usable_; }
  void operator()(const Tensor& to, const Tensor& from, std::size_t bytes, NativeStream stream) {
    push_(context_);
    const int result = copy_(to.data(), from.data(), bytes, stream);
    void* popped = nullptr;
    pop_(&popped);
    if (result != 0)
      throw Error(ErrorCode::environment, {.where = "cuMemcpyDtoDAsync",
                                           .problem = "the copy failed",
                                           .got = std::to_string(result)});
  }

 private:
  template <class F>
  static void look_up(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(::dlsym(library, name));
  }

  int (*copy_)(void*, void*, std::size_t, void*) = nullptr;
  int (*get_)(int*, int) = nullptr;
  int (*retain_)(void**, int) = nullptr;
  int (*push_)(void*) = nullptr;
  int (*pop_)(void**) = nullptr;
  void* context_ = nullptr;
  bool usable_ = false;
};

}  // namespace

Timer::Timer(Stream& stream, std::int64_t flush_bytes, int reps)
    : stream_(stream),
      flush_(stream.empty(f32, {flush_bytes / dtype_bytes(f32)})),
      reps_(std::max(reps, 1)) {}

Times Timer::measure(const std::function<void()>& call) {
  for (int k = 0; k < std::min(warm_up, reps_); ++k) call();
  std::vector<std::pair<Event, Event>> events;
  for (int k = 0; k < reps_; ++k)
    events.emplace_back(Event::create(stream_.device(), Event::Timing::on),
                        Event::create(stream_.device(), Event::Timing::on));
  stream_.synchronize();
  for (auto& [from, to] : events) {
    overwrite(stream_, flush_, 1);
    from.record(stream_);
    call();
    to.record(stream_);
  }
  std::vector<double> times;
  for (auto& [from, to] : events) times.push_back(1e3 * elapsed_ms(from, to));
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front(), reps_};
}

CopyRates copy_rates(Stream& stream, Timer& timer, std::int64_t bytes) {
  const std::int64_t words = std::max<std::int64_t>(bytes / 2 / dtype_bytes(f32), 1);
  const Tensor from = random_tensor(stream, f32, {words}, 1), to = stream.empty(f32, {words});
  const std::int64_t moved = 2 * words * dtype_bytes(f32);
  CopyRates rates;
  for (const auto& [elements, warps] :
       {std::pair{1024, 4}, {2048, 4}, {4096, 4}, {4096, 8}, {8192, 8}, {8192, 16}}) {
    const Times times = timer.measure([&] { copy(stream, from, to, elements, warps); });
    const double rate = gigabytes_a_second(moved, times.median_us);
    if (rate > rates.kernel) rates = {rate, fmt::format("{}x{}", elements, warps), rates.memcpy};
  }
  DriverCopy driver_copy;
  if (stream.device()->target().backend == Target::Backend::ptx && driver_copy.usable()) {
    const auto size = static_cast<std::size_t>(moved / 2);
    const Times times = timer.measure([&] { driver_copy(to, from, size, stream.native()); });
    rates.memcpy = gigabytes_a_second(moved, times.median_us);
  }
  return rates;
}

}  // namespace tegula::bench
