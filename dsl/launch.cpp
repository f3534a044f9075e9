// A call of a kernel: classes of the arguments, the call key, and on a miss trace and compile.
#include <chrono>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "dsl/trace_kernel.h"
#include "runtime/kernel_source.h"

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

/// "*x4096:bf16@4096,1%16": a tensor's shape, dtype, strides, alignment; * where it is open.
std::string describe(const program::Parameter& p) {
  if (p.kind == program::Parameter::Kind::absent_tensor) return "";
  const auto list = [](const std::vector<std::int64_t>& values, char separator) {
    std::string text;
    for (const std::int64_t value : values) {
      if (!text.empty()) text += separator;
      text += value == program::Parameter::dynamic ? "*" : std::to_string(value);
    }
    return text;
  };
  return fmt::format("{}:{}@{}%{}", list(p.extents, 'x'), dtype_name(p.dtype), list(p.strides, ','),
                     p.alignment);
}

cache::Key key_of(const program::Program& program, const Target& target) {
  cache::Key key;
  key.identity = {program::content_hash(program), target, cache::compiler_identity()};
  key.facts.emplace_back("kernel", program.name);
  for (const program::Parameter& parameter : program.parameters)
    if (parameter.kind != program::Parameter::Kind::scalar)
      key.facts.emplace_back(parameter.name, describe(parameter));
  for (const program::ConfigField& field : program.config)
    key.facts.emplace_back("config." + field.name, std::to_string(field.value));
  return key;
}

std::shared_ptr<const runtime::ReadyKernel> make(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const program::Program program = detail::trace_kernel(call.kernel, call.config, call.classes);
  runtime::TracedKernel traced{key_of(program, call.device.target()), serialise(program),
                               source_locations(program), 0};
  traced.trace_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return runtime::make_ready(call.device, traced);
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
                                   .source = made ? ready->source : "memory",
                                   .compile_ms = made ? ready->compile_ms : 0});
}

}  // namespace tegula
