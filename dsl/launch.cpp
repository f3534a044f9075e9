// A call of a kernel: classes of the arguments, the call key, and on a miss trace and compile.
#include <chrono>
#include <cstring>
#include <string_view>

#include "dsl/trace_kernel.h"
#include "runtime/launch.h"
#include "tegula/compile.h"

namespace tegula {
namespace {

using detail::ArgumentClass;

/// Length-prefixed, so that no two calls share a key.
class CallKey {
 public:
  CallKey() { bytes_.reserve(512); }
  void put(std::uint64_t value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(value));
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }
  void put(std::string_view text) {
    put(text.size());
    const auto* p = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), p, p + text.size());
  }
  void put(const ArgumentClass& argument) { detail::append_key(bytes_, argument); }
  void clear() { bytes_.clear(); }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

struct Call {
  const KernelBase& kernel;
  Device& device;
  const Config& config;
  std::vector<ArgumentClass> classes;
  std::vector<runtime::Argument> arguments;
};

Call prepare(const KernelBase& kernel, Device& device, const Config& config,
             std::span<const KernelArgument> arguments) {
  detail::check_count(kernel, arguments.size());
  Call call{kernel, device, config, {}, {}};
  call.classes.reserve(arguments.size());
  call.arguments.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    KernelArgument argument = arguments[i];
    if (argument.is_tensor) argument.tensor = detail::canonical(argument.tensor);
    call.classes.push_back(detail::classify(kernel.name(), kernel.parameters()[i], argument));
    if (argument.is_tensor)
      call.arguments.emplace_back(argument.tensor);
    else
      call.arguments.emplace_back(runtime::ScalarArgument{argument.dtype, argument.bits});
  }
  return call;
}

void write_key(CallKey& key, const Call& call) {
  for (const std::uint64_t word : KernelAccess::definition(call.kernel)) key.put(word);
  key.put(call.config.size);
  for (const std::int64_t value : call.config.span()) key.put(static_cast<std::uint64_t>(value));
  key.put(std::string_view(call.device.name()));
  key.put(call.classes.size());
  for (const ArgumentClass& argument : call.classes) key.put(argument);
}

std::vector<SourceLocation> source_locations(const program::Program& program) {
  std::vector<SourceLocation> locations;
  for (const program::Location& location : instruction_locations(program))
    locations.push_back(
        location.file < program.files.size()
            ? SourceLocation{program.files[location.file], location.line, location.column}
            : SourceLocation{});
  return locations;
}

std::shared_ptr<const runtime::ReadyKernel> make(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const program::Program program = detail::trace_kernel(call.kernel, call.config, call.classes);
  const std::vector<std::byte> bytes = compile({serialise(program), call.device.target()});
  auto ready = std::make_shared<runtime::ReadyKernel>();
  ready->entry = format::read_entry(bytes);
  ready->loaded = call.device.load(ready->entry, source_locations(program));
  ready->compile_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return ready;
}

}  // namespace

void KernelBase::launch(Stream& stream, const Config& config,
                        std::span<const KernelArgument> arguments) const {
  const Call call = prepare(*this, *stream.device(), config, arguments);
  CallKey key;
  write_key(key, call);
  bool made = false;
  const auto ready = runtime::KernelTable::instance().find_or_make(key.bytes(), [&call, &made] {
    made = true;
    return make(call);
  });
  runtime::launch(stream, *ready, call.arguments);
  runtime::LaunchRecorder::record({.kernel = name_,
                                   .config = to_text(config),
                                   .source = made ? "compiled" : "memory",
                                   .compile_ms = made ? ready->compile_ms : 0});
}

}  // namespace tegula
