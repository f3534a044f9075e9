#include "tegula/device.h"

#include <charconv>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "runtime/cuda/device.h"
#include "runtime/device/device_name.h"
#include "tegula/log.h"
#include "tegula/simulator.h"

namespace tegula {

int runtime::cuda_ordinal(std::string_view name) {
  constexpr std::string_view prefix = "cuda:";
  if (!name.starts_with(prefix)) return -1;
  const std::string_view digits = name.substr(prefix.size());
  int ordinal = -1;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), ordinal);
  return error == std::errc() && end == digits.end() ? ordinal : -1;
}

Device::Device() {
  static std::atomic<std::uint64_t> last{0};
  id_ = last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint64_t Device::name_id() const {
  if (const std::uint64_t known = name_id_.load(std::memory_order_relaxed)) return known;
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static auto* mutex = new std::mutex;
  static auto* numbers = new std::map<std::string, std::uint64_t>;
  const std::lock_guard lock(*mutex);
  const std::uint64_t number = numbers->emplace(name(), numbers->size() + 1).first->second;
  name_id_.store(number, std::memory_order_relaxed);
  return number;
}

Stream Stream::create(std::shared_ptr<Device> device) {
  Stream stream(std::move(device));
  stream.native_ = stream.device_->create_stream();
  stream.owner_ = std::shared_ptr<void>(stream.native_, [device = stream.device_](void* native) {
    if (native != nullptr) device->destroy_stream(native);
  });
  return stream;
}

void Device::encode_tensor_map(const format::TensorMapRecord& /*record*/,
                               const TensorRef& /*tensor*/, std::string_view argument,
                               TensorMap& /*map*/) {
  throw Error(ErrorCode::unsupported, {.where = name(),
                                       .argument = std::string(argument),
                                       .problem = "the device has no tensor memory accelerator",
                                       .wanted = "a GPU of sm_90 or newer"});
}

void Stream::no_device() {
  throw Error(ErrorCode::invalid_argument,
              {.where = "Stream", .argument = "device", .problem = "no device is given"});
}

Stream Stream::with_allocator(std::shared_ptr<Allocator> allocator) const {
  Stream stream = *this;
  stream.allocator_ = std::move(allocator);
  return stream;
}

Tensor Stream::empty(DType dtype, const Dims& shape) { return Tensor::empty(*this, dtype, shape); }

Stream Stream::wrap(std::shared_ptr<Device> device, NativeStream native) {
  Stream stream(std::move(device));
  stream.native_ = native;
  return stream;
}

namespace {

std::shared_ptr<Device> open_simulator(std::string_view arch) {
  std::shared_ptr<Device> device = make_sim_device(arch);
  if (log_level() >= LogLevel::info)
    log(LogLevel::info, fmt::format("opened {}: the simulator, {} multiprocessors", device->name(),
                                    device->multiprocessors()));
  return device;
}

}  // namespace

std::shared_ptr<Device> open_device(std::string_view name) {
  if (name == "sim") return open_simulator("sm_90a");
  constexpr std::string_view sim_prefix = "sim:";
  if (name.starts_with(sim_prefix)) return open_simulator(name.substr(sim_prefix.size()));
  if (const int ordinal = runtime::cuda_ordinal(name); ordinal >= 0) return cuda::open(ordinal);
  throw Error(ErrorCode::invalid_argument, {.argument = "device",
                                            .problem = "not the name of a device",
                                            .got = "'" + std::string(name) + "'",
                                            .wanted = "cuda:N, sim, or sim:ARCH (sim:sm_90a)"});
}

}  // namespace tegula
