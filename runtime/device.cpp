#include "tegula/device.h"

#include <charconv>
#include <map>
#include <mutex>

#include "runtime/cuda/device.h"
#include "tegula/simulator.h"

namespace tegula {
namespace {

/// The ordinal of "cuda:N"; -1 if the name is not of that form.
int cuda_ordinal(std::string_view name) {
  constexpr std::string_view prefix = "cuda:";
  if (!name.starts_with(prefix)) return -1;
  const std::string_view digits = name.substr(prefix.size());
  int ordinal = -1;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), ordinal);
  return error == std::errc() && end == digits.end() ? ordinal : -1;
}

}  // namespace

Device::Device() {
  static std::atomic<std::uint64_t> last{0};
  id_ = last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint64_t Device::binaries() const {
  if (const std::uint64_t known = binaries_.load(std::memory_order_relaxed)) return known;
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static auto* mutex = new std::mutex;
  static auto* numbers = new std::map<std::string, std::uint64_t>;
  const std::lock_guard lock(*mutex);
  const std::uint64_t number = numbers->emplace(name(), numbers->size() + 1).first->second;
  binaries_.store(number, std::memory_order_relaxed);
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

Tensor Stream::empty(DType dtype, const Dims& shape) {
  if (is_capturing())
    throw Error(ErrorCode::environment,
                {.where = "Stream::empty",
                 .argument = "stream",
                 .problem = "a tensor cannot be allocated while the stream is capturing a graph",
                 .hint = "allocate it before the capture, and give it to the op as a destination"});
  return Tensor::empty(*this, dtype, shape);
}

Stream Stream::wrap(std::shared_ptr<Device> device, NativeStream native) {
  Stream stream(std::move(device));
  stream.native_ = native;
  return stream;
}

std::shared_ptr<Device> open_device(std::string_view name) {
  constexpr std::string_view sim_prefix = "sim:";
  if (name == "sim") return make_sim_device("sm_90a");
  if (name.starts_with(sim_prefix)) return make_sim_device(name.substr(sim_prefix.size()));
  if (const int ordinal = cuda_ordinal(name); ordinal >= 0) return cuda::open(ordinal);
  throw Error(ErrorCode::invalid_argument, {.argument = "device",
                                            .problem = "not the name of a device",
                                            .got = "'" + std::string(name) + "'",
                                            .wanted = "cuda:N, sim, or sim:ARCH (sim:sm_90a)"});
}

}  // namespace tegula
