#include "runtime/cuda/module.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "runtime/cuda/context.h"

namespace tegula::cuda {
namespace {

constexpr std::size_t log_bytes = 8192;
/// CU_STREAM_PER_THREAD: one handle for many streams.
const auto stream_of_each_thread = reinterpret_cast<CudaStream>(std::uintptr_t{2});

/// "8.7" of PTX text; "" if it states none.
std::string ptx_version(std::string_view ptx) {
  constexpr std::string_view directive = ".version ";
  const std::size_t at = ptx.find(directive);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = ptx.substr(at + directive.size());
  return std::string(rest.substr(0, rest.find_first_of(" \r\n")));
}

/// The CUDA version that brought a version of PTX (table of releases in NVIDIA's PTX ISA manual).
std::string cuda_of_ptx(std::string_view ptx) {
  const std::size_t dot = std::min(ptx.find('.'), ptx.size());
  int major = 0, minor = 0;
  std::from_chars(ptx.data(), ptx.data() + dot, major);
  if (dot < ptx.size()) std::from_chars(ptx.data() + dot + 1, ptx.data() + ptx.size(), minor);
  // PTX 8.5 belongs to two releases.
  if (major == 8 && minor > 5) ++minor;
  return fmt::format("{}.{}", major + 4, minor);
}

[[noreturn]] void refused(const std::string& device, const format::Entry& entry, Result result,
                          std::string_view ptx, std::string log) {
  std::string hint;
  if (result == unsupported_ptx_version) {
    int version = 0;
    driver().cuDriverGetVersion(&version);
    const std::string needed = ptx_version(ptx);
    hint = fmt::format(
        "the driver is of CUDA {}.{} and does not know PTX {}: the kernel needs driver >= CUDA {}",
        version / 1000, version % 1000 / 10, needed, cuda_of_ptx(needed));
  }
  while (!log.empty() && (log.back() == '\n' || log.back() == '\0')) log.pop_back();
  throw Error(code_of(result),
              {.where = entry.launch.function,
               .argument = device,
               .problem = fmt::format("the driver refuses the kernel compiled for {}", entry.arch),
               .got = describe(result) + (log.empty() ? "" : "; its log: " + log),
               .hint = std::move(hint)});
}

}  // namespace

LoadedModule::LoadedModule(const std::string& device, Context context, int shared_limit,
                           const format::Entry& entry)
    : context_(context), bytes_(sizeof(LoadedModule) + entry.payload.size()) {
  if (entry.payload_kind == format::PayloadKind::image)
    throw Error(ErrorCode::corrupt_data, {.where = entry.launch.function,
                                          .argument = device,
                                          .problem = "a simulator's image is no CUDA kernel"});
  // Possible where a kernel was compiled for an architecture like this one.
  if (entry.launch.dynamic_shared > static_cast<std::uint32_t>(shared_limit))
    throw Error(ErrorCode::out_of_resources,
                {.where = entry.launch.function,
                 .argument = device,
                 .problem = "the kernel needs more shared memory than a block may have",
                 .got = fmt::format("{} bytes", entry.launch.dynamic_shared),
                 .wanted = fmt::format("at most {} bytes", shared_limit),
                 .hint = "choose a config with smaller tiles"});
  // A string ends with a zero: PTX is text, and nothing else tells the driver its end.
  std::string payload(reinterpret_cast<const char*>(entry.payload.data()), entry.payload.size());
  std::string log(log_bytes, '\0');
  int options[] = {jit_error_log_buffer, jit_error_log_bytes};
  void* values[] = {log.data(), reinterpret_cast<void*>(log_bytes)};
  const Driver& d = driver();
  if (const Result result = d.cuModuleLoadDataEx(&module_, payload.c_str(), 2, options, values);
      result != success)
    refused(device, entry, result,
            entry.payload_kind == format::PayloadKind::ptx ? payload : std::string_view{},
            std::string(log.c_str()));
  try {
    check(d.cuModuleGetFunction(&function_, module_, entry.launch.function.c_str()), device,
          "cuModuleGetFunction");
    if (entry.launch.dynamic_shared > 0)
      check(d.cuFuncSetAttribute(function_, max_dynamic_shared_bytes,
                                 static_cast<int>(entry.launch.dynamic_shared)),
            device, "cuFuncSetAttribute");
  } catch (...) {
    d.cuModuleUnload(module_);
    throw;
  }
}

void LoadedModule::note_launch(CudaStream stream, bool capturing) const {
  const std::uintptr_t noted = reinterpret_cast<std::uintptr_t>(stream) + 1;
  if (!capturing && stream != stream_of_each_thread)
    for (std::atomic<std::uintptr_t>& place : streams_) {
      std::uintptr_t found = place.load(std::memory_order_relaxed);
      if (found == noted) return;
      if (found == 0 && place.compare_exchange_strong(found, noted)) return;
      if (found == noted) return;
    }
  kept_.store(true, std::memory_order_relaxed);
}

std::vector<CudaStream> LoadedModule::streams() const {
  std::vector<CudaStream> streams;
  for (const std::atomic<std::uintptr_t>& place : streams_)
    if (const std::uintptr_t noted = place.load(std::memory_order_relaxed); noted != 0)
      streams.push_back(reinterpret_cast<CudaStream>(noted - 1));
  return streams;
}

LoadedModule::~LoadedModule() {
  if (forked()) return;
  const CurrentContext current(context_);
  if (current) driver().cuModuleUnload(module_);
}

}  // namespace tegula::cuda
