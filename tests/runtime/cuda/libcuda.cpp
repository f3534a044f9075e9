#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>

#include "tests/runtime/cuda/fake_driver.h"

namespace tegula::testing {
FakeDriver fake_driver;
thread_local FakeThread fake_thread;
}  // namespace tegula::testing

namespace {

using namespace tegula::cuda;
using namespace tegula::testing;

FakeCuda& state = fake_driver.state;
std::mutex& mutex = fake_driver.mutex;

char context_of[8];  ///< the addresses are the primary contexts

struct FakeFunction {
  std::string name;
  void* context = nullptr;  ///< that its module was loaded in
};
std::deque<FakeFunction> functions;

Result allocate(DevicePointer* data, std::size_t bytes) {
  if (bytes > std::size_t{1} << 34) return out_of_memory;
  static std::uint64_t next = 0x7f0000000000;
  *data = next;
  next += (bytes + 511) / 512 * 512 + 512;
  state.memory[*data].resize(bytes);
  return success;
}

Result release(const char* function, DevicePointer data) {
  if (state.memory.erase(data) > 0) return success;
  fake_driver.misuse(function, "no such allocation");
  return invalid_value;
}

/// The bytes at an address; null if they are not all in one allocation.
unsigned char* bytes_at(DevicePointer data, std::size_t count) {
  auto at = state.memory.upper_bound(data);
  if (at == state.memory.begin()) return nullptr;
  --at;
  return data - at->first + count <= at->second.size() ? at->second.data() + (data - at->first)
                                                       : nullptr;
}

}  // namespace

#pragma GCC visibility push(default)

FakeCuda* fake_cuda() { return &state; }
std::uintptr_t fake_cuda_last_handle() { return fake_driver.last_handle(); }
void* fake_cuda_current() {
  return fake_thread.contexts.empty() ? nullptr : fake_thread.contexts.back();
}
void fake_cuda_set_current(void* context) {
  fake_thread.contexts.clear();
  if (context != nullptr) fake_thread.contexts.push_back(context);
}

extern "C" {

Result cuInit(unsigned) {
  ENTER("cuInit", false);
  return success;
}
Result cuDriverGetVersion(int* version) {
  *version = state.driver_version;
  return success;
}
Result cuGetErrorName(Result result, const char** name) {
  *name = result == out_of_memory ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_OF_THE_FAKE";
  return success;
}
Result cuGetErrorString(Result, const char** text) {
  *text = "made to fail";
  return success;
}
Result cuDeviceGetCount(int* count) {
  ENTER("cuDeviceGetCount", false);
  *count = state.devices;
  return success;
}
Result cuDeviceGet(DeviceNumber* device, int ordinal) {
  ENTER("cuDeviceGet", false);
  *device = ordinal;
  return ordinal < state.devices ? success : invalid_device;
}
Result cuDeviceGetName(char* name, int bytes, DeviceNumber) {
  ENTER("cuDeviceGetName", false);
  std::snprintf(name, static_cast<std::size_t>(bytes), "%s", state.gpu.c_str());
  return success;
}
Result cuDeviceGetAttribute(int* value, int which, DeviceNumber) {
  ENTER("cuDeviceGetAttribute", false);
  *value = which == multiprocessor_count ? state.multiprocessors
           : which == compute_major      ? state.major
           : which == max_shared_bytes   ? state.shared_limit
           : which == compute_minor      ? state.minor
                                         : (which == memory_pools_supported && state.has_pools);
  return success;
}
Result cuDevicePrimaryCtxRetain(Context* context, DeviceNumber device) {
  ENTER("cuDevicePrimaryCtxRetain", false);
  *context = reinterpret_cast<Context>(&context_of[device]);
  state.retained.insert(device);
  return success;
}
Result cuDevicePrimaryCtxRelease_v2(DeviceNumber device) {
  const std::lock_guard lock(mutex);
  const auto found = state.retained.find(device);
  if (found == state.retained.end())
    return fake_driver.misuse("cuDevicePrimaryCtxRelease", "not retained"), invalid_context;
  state.retained.erase(found);
  return success;
}
Result cuCtxGetCurrent(Context* context) {
  ENTER("cuCtxGetCurrent", false);
  *context = static_cast<Context>(fake_cuda_current());
  return success;
}
Result cuCtxPushCurrent_v2(Context context) {
  ENTER("cuCtxPushCurrent", false);
  fake_thread.contexts.push_back(context);
  return success;
}
Result cuCtxPopCurrent_v2(Context* context) {
  // Never made to fail: a caller that is unwinding has no use for it.
  const std::lock_guard lock(mutex);
  if (fake_thread.contexts.empty())
    return fake_driver.misuse("cuCtxPopCurrent", "nothing to pop"), invalid_context;
  *context = static_cast<Context>(fake_thread.contexts.back());
  fake_thread.contexts.pop_back();
  return success;
}
Result cuMemAlloc_v2(DevicePointer* data, std::size_t bytes) {
  ENTER("cuMemAlloc");
  return allocate(data, bytes);
}
Result cuMemFree_v2(DevicePointer data) {
  const std::lock_guard lock(mutex);
  return release("cuMemFree", data);
}
Result cuMemPoolCreate(MemoryPool* pool, const MemoryPoolProperties* properties) {
  ENTER("cuMemPoolCreate", false);
  if (properties->allocation_type != 1 || properties->location_type != 1) return invalid_value;
  *pool = reinterpret_cast<MemoryPool>(&context_of[properties->location_id]);
  state.pools.insert(*pool);
  return success;
}
Result cuMemPoolDestroy(MemoryPool pool) {
  const std::lock_guard lock(mutex);
  const auto found = state.pools.find(pool);
  if (found == state.pools.end())
    return fake_driver.misuse("cuMemPoolDestroy", "no such pool"), invalid_value;
  state.pools.erase(found);
  return success;
}
Result cuMemPoolSetAttribute(MemoryPool, int, void*) {
  ENTER("cuMemPoolSetAttribute", false);
  return success;
}
Result cuMemAllocFromPoolAsync(DevicePointer* data, std::size_t bytes, MemoryPool pool,
                               CudaStream stream) {
  ENTER("cuMemAllocFromPoolAsync");
  if (!fake_driver.known(stream) || static_cast<void*>(pool) != fake_thread.contexts.back())
    return fake_driver.misuse("cuMemAllocFromPoolAsync", "another device's pool, or no stream"),
           invalid_value;
  const Result result = allocate(data, bytes);
  if (result == success && state.capturing.count(stream) > 0) state.graph_memory.insert(*data);
  return result;
}
Result cuMemFreeAsync(DevicePointer data, CudaStream stream) {
  const std::lock_guard lock(mutex);
  if (!fake_driver.known(stream)) fake_driver.misuse("cuMemFreeAsync", "no such stream");
  if (state.capturing.count(stream) > 0 && state.graph_memory.count(data) == 0)
    return fake_driver.misuse("cuMemFreeAsync", "a graph frees what it did not allocate"),
           invalid_value;
  state.graph_memory.erase(data);
  return release("cuMemFreeAsync", data);
}
Result cuMemcpyHtoDAsync_v2(DevicePointer target, const void* source, std::size_t bytes,
                            CudaStream stream) {
  ENTER("cuMemcpyHtoDAsync");
  unsigned char* data = bytes_at(target, bytes);
  if (data == nullptr || !fake_driver.known(stream))
    return fake_driver.misuse("cuMemcpyHtoDAsync", "out of bounds, or no stream"), invalid_value;
  std::memcpy(data, source, bytes);
  return success;
}
Result cuMemcpyDtoHAsync_v2(void* target, DevicePointer source, std::size_t bytes,
                            CudaStream stream) {
  ENTER("cuMemcpyDtoHAsync");
  const unsigned char* data = bytes_at(source, bytes);
  if (data == nullptr || !fake_driver.known(stream))
    return fake_driver.misuse("cuMemcpyDtoHAsync", "out of bounds, or no stream"), invalid_value;
  std::memcpy(target, data, bytes);
  return success;
}
Result cuModuleLoadDataEx(Module* module, const void* data, unsigned count, int* options,
                          void** values) {
  const std::lock_guard lock(mutex);
  Result result = fake_driver.enter("cuModuleLoadDataEx");
  const bool is_ptx = std::strstr(static_cast<const char*>(data), ".version") != nullptr;
  if (result == success && !is_ptx &&
      std::memcmp(data,
                  "\x7f"
                  "ELF",
                  4) != 0)
    result = invalid_image;
  if (result != success) {
    for (unsigned i = 0; i < count; ++i)
      if (options[i] == jit_error_log_buffer)
        std::strcpy(static_cast<char*>(values[i]), "ptxas fatal: the fake does not like it\n");
    return result;
  }
  *module = fake_driver.new_handle<Module>();
  state.modules[*module] = fake_thread.contexts.back();
  return success;
}
Result cuModuleUnload(Module module) {
  const std::lock_guard lock(mutex);
  if (state.modules.erase(module) == 0 && !fake_driver.is_earlier(module))
    fake_driver.misuse("cuModuleUnload", "no such module");
  return success;
}
Result cuModuleGetFunction(Function* function, Module module, const char* name) {
  ENTER("cuModuleGetFunction");
  if (state.modules.count(module) == 0)
    return fake_driver.misuse("cuModuleGetFunction", "no such module"), not_found;
  *function = reinterpret_cast<Function>(
      &functions.emplace_back(FakeFunction{name, fake_thread.contexts.back()}));
  return success;
}
Result cuFuncSetAttribute(Function function, int which, int value) {
  ENTER("cuFuncSetAttribute");
  if (which == max_dynamic_shared_bytes)
    state.dynamic_shared_limit[reinterpret_cast<FakeFunction*>(function)->name] = value;
  return success;
}
Result cuLaunchKernelEx(const LaunchConfig* c, Function function, void** parameters, void**) {
  ENTER("cuLaunchKernelEx");
  const auto& [name, context] = *reinterpret_cast<FakeFunction*>(function);
  if (context != fake_thread.contexts.back())
    return fake_driver.misuse("cuLaunchKernelEx", "another context's function"), invalid_handle;
  if (!fake_driver.known(c->stream))
    return fake_driver.misuse("cuLaunchKernelEx", "no such stream"), invalid_value;
  constexpr unsigned without_asking = 48 << 10;
  if (c->dynamic_shared > without_asking &&
      static_cast<int>(c->dynamic_shared) > state.dynamic_shared_limit[name])
    return fake_driver.misuse("cuLaunchKernelEx", "more shared memory than asked for"),
           invalid_value;
  state.launches.push_back({name,
                            fake_thread.contexts.back(),
                            c->stream,
                            {c->grid_x, c->grid_y, c->grid_z},
                            {c->block_x, c->block_y, c->block_z},
                            c->dynamic_shared,
                            {*static_cast<void**>(parameters[0])}});
  return success;
}
Result cuTensorMapEncodeTiled(void* map, int dtype, unsigned rank, void* address,
                              const std::uint64_t* extents, const std::uint64_t* strides,
                              const unsigned* box, const unsigned* element_strides, int interleave,
                              int swizzle, int promotion, int fill) {
  ENTER("cuTensorMapEncodeTiled", false);
  const auto aligned = [](std::uintptr_t value, std::uintptr_t to) { return value % to == 0; };
  if (!aligned(reinterpret_cast<std::uintptr_t>(map), 64) ||
      !aligned(reinterpret_cast<std::uintptr_t>(address), 16) || rank == 0 || rank > 5 ||
      !std::all_of(strides, strides + rank - 1, [](std::uint64_t s) { return s % 16 == 0; }))
    return fake_driver.misuse("cuTensorMapEncodeTiled", "what no map is"), invalid_value;
  const std::uint64_t index = state.tensor_maps.size();
  std::memcpy(map, &index, sizeof index);
  state.tensor_maps.push_back({dtype,
                               address,
                               {extents, extents + rank},
                               {strides, strides + rank - 1},
                               {box, box + rank},
                               {element_strides, element_strides + rank},
                               interleave,
                               swizzle,
                               promotion,
                               fill});
  return success;
}
Result cuStreamCreate(CudaStream* stream, unsigned flags) {
  ENTER("cuStreamCreate");
  if (flags != 1) fake_driver.misuse("cuStreamCreate", "a stream that waits for the default one");
  *stream = fake_driver.new_handle<CudaStream>();
  state.streams.insert(*stream);
  return success;
}
Result cuStreamDestroy_v2(CudaStream stream) {
  const std::lock_guard lock(mutex);
  if (state.streams.erase(stream) == 0) fake_driver.misuse("cuStreamDestroy", "no such stream");
  return success;
}
Result cuStreamSynchronize(CudaStream stream) {
  ENTER("cuStreamSynchronize");
  if (state.capturing.count(stream) > 0)
    return fake_driver.misuse("cuStreamSynchronize", "ends a capture"), capture_unsupported;
  return fake_driver.known(stream)
             ? success
             : (fake_driver.misuse("cuStreamSynchronize", "no such stream"), invalid_value);
}
Result cuStreamIsCapturing(CudaStream stream, int* status) {
  ENTER("cuStreamIsCapturing");
  *status = state.capturing.count(stream) > 0;
  return success;
}

Result cuThreadExchangeStreamCaptureMode(int* mode) {
  std::swap(fake_thread.capture_mode, *mode);
  return success;
}

}  // extern "C"
#pragma GCC visibility pop
