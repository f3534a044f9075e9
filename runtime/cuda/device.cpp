#include "runtime/cuda/device.h"

#include <map>
#include <mutex>

#include <fmt/format.h>

#include "runtime/cuda/context.h"
#include "runtime/cuda/driver.h"
#include "runtime/cuda/memory.h"
#include "runtime/cuda/module.h"
#include "runtime/cuda/retired_modules.h"
#include "runtime/cuda/tensor_map.h"
#include "runtime/format/architecture.h"
#include "tegula/log.h"

namespace tegula::cuda {
namespace {

CudaStream native(NativeStream stream) { return static_cast<CudaStream>(stream); }
CudaEvent native_event(NativeEvent event) { return static_cast<CudaEvent>(event); }
DevicePointer address(const void* data) { return reinterpret_cast<DevicePointer>(data); }

/// "sm_86", "sm_90a": from sm_90 on with all that this very architecture has.
std::string architecture(int major, int minor) {
  return fmt::format("sm_{}{}", 10 * major + minor, major >= 9 ? "a" : "");
}

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(int ordinal) : name_(fmt::format("cuda:{}", ordinal)) {
    int count = 0;
    check(d_.cuDeviceGetCount(&count), name_, "cuDeviceGetCount");
    if (ordinal >= count)
      throw Error(ErrorCode::environment, {.argument = "device",
                                           .problem = "there is no such CUDA device",
                                           .got = name_,
                                           .wanted = count == 0 ? "the driver shows none"
                                                                : fmt::format("below {}", count)});
    check(d_.cuDeviceGet(&number_, ordinal), name_, "cuDeviceGet");
    const int major = attribute(compute_major), minor = attribute(compute_minor);
    if (10 * major + minor < format::oldest_compute)
      throw Error(ErrorCode::unsupported,
                  {.argument = "device",
                   .problem = "the GPU is too old",
                   .got = fmt::format("{}, sm_{}{}", name_, major, minor),
                   .wanted = fmt::format("sm_{} or newer", format::oldest_compute)});
    target_ = {Target::Backend::ptx, architecture(major, minor)};
    has_tma_ = major >= 9;
    multiprocessors_ = attribute(multiprocessor_count);
    shared_limit_ = attribute(max_shared_bytes);
    check(d_.cuDevicePrimaryCtxRetain(&context_, number_), name_, "cuDevicePrimaryCtxRetain");
    try {
      if (attribute(memory_pools_supported) != 0) memory_.create_pool(number_);
    } catch (...) {
      memory_.destroy_pool();
      d_.cuDevicePrimaryCtxRelease(number_);
      throw;
    }
  }

  void log_opened() const {
    if (log_level() < LogLevel::info) return;
    char gpu[256] = "a GPU without a name";  // a name that cannot be had is no reason to fail
    int version = 0;
    d_.cuDeviceGetName(gpu, sizeof gpu, number_);
    d_.cuDriverGetVersion(&version);
    log(LogLevel::info,
        fmt::format("opened {}: {}, {}, {} multiprocessors, a driver of CUDA {}.{}", name_, gpu,
                    target_.arch, multiprocessors_, version / 1000, version % 1000 / 10));
  }

  std::string name() const override { return name_; }
  Target target() const override { return target_; }
  int multiprocessors() const override { return multiprocessors_; }

  void* allocate(std::size_t bytes, NativeStream stream) override {
    const CurrentContext current(context_, name_);
    return reinterpret_cast<void*>(memory_.allocate(bytes, native(stream)));
  }
  void deallocate(void* data, NativeStream stream) noexcept override {
    const CurrentContext current(context_);
    if (current) memory_.deallocate(address(data), native(stream));
  }

  void copy_to_device(void* target, const void* source, std::size_t bytes,
                      NativeStream stream) override {
    refuse_capture(stream, "memory cannot be copied to the device");
    const CurrentContext current(context_, name_);
    check(d_.cuMemcpyHtoDAsync(address(target), source, bytes, native(stream)), name_,
          "cuMemcpyHtoDAsync");
    check(d_.cuStreamSynchronize(native(stream)), name_, "cuStreamSynchronize");
  }
  void copy_to_host(void* target, const void* source, std::size_t bytes,
                    NativeStream stream) override {
    refuse_capture(stream, "memory cannot be copied to the host");
    const CurrentContext current(context_, name_);
    check(d_.cuMemcpyDtoHAsync(target, address(source), bytes, native(stream)), name_,
          "cuMemcpyDtoHAsync");
    check(d_.cuStreamSynchronize(native(stream)), name_, "cuStreamSynchronize");
  }

  std::shared_ptr<LoadedKernel> load(const format::Entry& entry,
                                     std::vector<SourceLocation>) override {
    const CurrentContext current(context_, name_);
    const OutsideOfCaptures outside;
    retired_.unload_done();
    // The device outlives its kernels, as it is never destroyed.
    return {new LoadedModule(name_, context_, shared_limit_, entry),
            [this](LoadedModule* module) { retire(module); }};
  }

  void launch(const LoadedKernel& kernel, const LaunchCall& call) override {
    const CurrentContext current(context_, name_);
    const LaunchConfig config = {.grid_x = call.grid[0],
                                 .grid_y = call.grid[1],
                                 .grid_z = call.grid[2],
                                 .block_x = call.threads,
                                 .block_y = 1,
                                 .block_z = 1,
                                 .dynamic_shared = call.dynamic_shared,
                                 .stream = native(call.stream),
                                 .attributes = nullptr,
                                 .attribute_count = 0};
    // The driver copies the parameters and writes none.
    auto** parameters = const_cast<void**>(call.parameters.data());
    const auto& module = static_cast<const LoadedModule&>(kernel);
    note_launch(module, config.stream);
    check(d_.cuLaunchKernelEx(&config, module.function(), parameters, nullptr), name_,
          "cuLaunchKernelEx");
    retired_.pass(config.stream);
  }

  void encode_tensor_map(const format::TensorMapRecord& record, const TensorRef& tensor,
                         std::string_view argument, TensorMap& map) override {
    if (!has_tma_) return Device::encode_tensor_map(record, tensor, argument, map);  // throws
    cuda::encode_tensor_map(name_, record, tensor, argument, map);
  }

  void synchronize(NativeStream stream) override {
    refuse_capture(stream, "the stream cannot be waited for");
    const CurrentContext current(context_, name_);
    memory_.free_waiting(native(stream));
    check(d_.cuStreamSynchronize(native(stream)), name_, "cuStreamSynchronize");
  }

  NativeStream create_stream() override {
    const CurrentContext current(context_, name_);
    CudaStream stream = nullptr;
    check(d_.cuStreamCreate(&stream, stream_non_blocking), name_, "cuStreamCreate");
    return stream;
  }
  void destroy_stream(NativeStream stream) noexcept override {
    const CurrentContext current(context_);
    if (!current) return;
    memory_.forget(native(stream));
    retired_.pass(native(stream));
    d_.cuStreamDestroy(native(stream));
  }
  bool is_capturing(NativeStream stream) override {
    if (stream == nullptr) return false;  // the legacy stream cannot
    const CurrentContext current(context_, name_);
    int status = 0;
    check(d_.cuStreamIsCapturing(native(stream), &status), name_, "cuStreamIsCapturing");
    return status != 0;
  }

  NativeEvent create_event(bool timing) override {
    const CurrentContext current(context_, name_);
    CudaEvent event = nullptr;
    check(d_.cuEventCreate(&event, timing ? 0 : event_without_timing), name_, "cuEventCreate");
    return event;
  }
  void destroy_event(NativeEvent event) noexcept override {
    const CurrentContext current(context_);
    if (current) d_.cuEventDestroy(native_event(event));
  }
  void record_event(NativeEvent event, NativeStream stream) override {
    const CurrentContext current(context_, name_);
    check(d_.cuEventRecord(native_event(event), native(stream)), name_, "cuEventRecord");
  }
  void wait_event(NativeStream stream, NativeEvent event) override {
    const CurrentContext current(context_, name_);
    check(d_.cuStreamWaitEvent(native(stream), native_event(event), 0), name_, "cuStreamWaitEvent");
  }
  bool is_done(NativeEvent event) override {
    const CurrentContext current(context_, name_);
    const OutsideOfCaptures outside;
    const Result result = d_.cuEventQuery(native_event(event));
    if (result == not_ready) return false;
    check(result, name_, "cuEventQuery");
    return true;
  }
  void synchronize_event(NativeEvent event) override {
    const CurrentContext current(context_, name_);
    const OutsideOfCaptures outside;
    check(d_.cuEventSynchronize(native_event(event)), name_, "cuEventSynchronize");
  }
  double elapsed_ms(NativeEvent from, NativeEvent to) override {
    const CurrentContext current(context_, name_);
    const OutsideOfCaptures outside;
    float milliseconds = 0;
    check(d_.cuEventElapsedTime(&milliseconds, native_event(from), native_event(to)), name_,
          "cuEventElapsedTime");
    return milliseconds;
  }

 private:
  int attribute(int which) const {
    int value = 0;
    check(d_.cuDeviceGetAttribute(&value, which, number_), name_, "cuDeviceGetAttribute");
    return value;
  }

  void note_launch(const LoadedModule& module, CudaStream stream) {
    if (module.is_kept()) return;
    int capturing = 0;
    if (stream != nullptr)
      check(d_.cuStreamIsCapturing(stream, &capturing), name_, "cuStreamIsCapturing");
    module.note_launch(stream, capturing != 0);
  }

  void retire(LoadedModule* module) noexcept {
    std::unique_ptr<LoadedModule> own(module);
    const CurrentContext current(context_);
    if (current)
      retired_.add(std::move(own));
    else
      retired_.keep(std::move(own));
  }

  /// Throws if the stream is capturing: the call would have to wait for it, which ends the capture.
  void refuse_capture(NativeStream stream, const char* what) {
    if (!is_capturing(stream)) return;
    throw Error(ErrorCode::environment,
                {.where = name_,
                 .argument = "stream",
                 .problem = fmt::format("{} while the stream is capturing a graph", what),
                 .hint = "copy and wait before the capture begins, or after it has ended"});
  }

  const Driver& d_ = driver();
  std::string name_;
  DeviceNumber number_ = 0;
  Target target_;
  int multiprocessors_ = 0;
  int shared_limit_ = 0;       ///< bytes that a block may ask for
  bool has_tma_ = false;       ///< the tensor memory accelerator
  Context context_ = nullptr;  ///< retained until the process ends, as the device is
  Memory memory_{name_};
  RetiredModules retired_;
};

}  // namespace

std::shared_ptr<Device> open(int ordinal) {
  driver();  // for its errors, in a forked process too
  static auto* mutex = new std::mutex;
  static auto* devices = new std::map<int, std::shared_ptr<CudaDevice>>;
  std::shared_ptr<CudaDevice> device;
  {
    const std::lock_guard lock(*mutex);
    std::shared_ptr<CudaDevice>& known = (*devices)[ordinal];
    if (known != nullptr) return known;
    device = known = std::make_shared<CudaDevice>(ordinal);
  }
  device->log_opened();  // without the lock: the sink may open devices
  return device;
}

}  // namespace tegula::cuda
