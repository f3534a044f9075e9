// A call of a kernel: classes of the arguments, the call key, and on a miss trace and compile.
#include <chrono>

#include <fmt/format.h>

#include "dsl/launch/kept_launch.h"
#include "dsl/launch/planned_calls.h"
#include "dsl/launch/trace_kernel.h"
#include "runtime/launch/kernel_events.h"
#include "runtime/launch/kernel_source.h"
#include "runtime/launch/kernel_table.h"
#include "runtime/launch/recorders.h"

namespace tegula {
namespace {

/// One call of a kernel. Its arguments are canonical.
struct Call {
  const KernelBase& kernel;
  Device& device;
  const Config& config;
  std::span<const KernelArgument> arguments;
};

void write_key(runtime::CallKey& key, const Call& call) {
  for (const std::uint64_t word : KernelAccess::definition(call.kernel)) key.put(word);
  key.put(call.device.name_id());
  for (const std::int64_t value : call.config.span()) key.put(static_cast<std::uint64_t>(value));
  for (std::size_t i = 0; i < call.arguments.size(); ++i)
    detail::append_key(
        key, detail::classify(call.kernel.name(), call.kernel.parameters()[i], call.arguments[i]));
  for (const program::Overlap& overlap :
       detail::find_overlaps(call.kernel.parameters(), call.arguments))
    detail::append_key(key, overlap);
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

/// "*x4096:bf16@4096,1%16": a tensor's shape, dtype, strides, alignment; * for what is dynamic.
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
  // Every fact that is compiled in: for a dynamic stride, its divisor.
  std::string strides;
  for (std::size_t d = 0; d < p.strides.size(); ++d) {
    if (d > 0) strides += ',';
    strides += list({p.strides[d]}, ',');
    if (p.strides[d] == program::Parameter::dynamic && p.stride_divisors[d] != 1)
      strides += fmt::format("/{}", p.stride_divisors[d]);
  }
  return fmt::format("{}:{}@{}%{}", list(p.extents, 'x'), dtype_name(p.dtype), strides,
                     p.alignment);
}

cache::Key key_of(const program::Program& program, const Target& target) {
  cache::Key key;
  key.identity = {program::content_hash(program), target, cache::compiler_identity()};
  key.facts.emplace_back("kernel", program.name);
  for (const program::Parameter& parameter : program.parameters)
    if (parameter.kind != program::Parameter::Kind::scalar &&
        parameter.kind != program::Parameter::Kind::workspace)
      key.facts.emplace_back(parameter.name, describe(parameter));
  for (const program::Overlap& o : program.overlaps)
    key.facts.emplace_back(program.parameters[o.parameter].name + (o.same ? ".is" : ".overlaps"),
                           program.parameters[o.with].name);
  for (const program::ConfigField& field : program.config)
    key.facts.emplace_back("config." + field.name, std::to_string(field.value));
  return key;
}

program::Program trace(const Call& call) {
  return detail::trace_kernel(call.kernel, call.config, call.arguments);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

/// The kernel that this call made ready; null if it was ready before.
struct NewKernel {
  std::shared_ptr<const runtime::ReadyKernel> kernel;
  std::string line;  ///< for the event
  double milliseconds = 0;
};

NewKernel make(const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const program::Program program = trace(call);
  runtime::TracedKernel traced{key_of(program, call.device.target()), serialise(program),
                               source_locations(program), 0};
  traced.trace_ms = milliseconds_since(start);
  NewKernel made{runtime::make_ready(call.device, traced), {}, 0};
  if (runtime::has_event_hook()) made.line = cache::manifest_line(traced.key);
  made.milliseconds =
      made.kernel->compile_ms > 0 ? made.kernel->compile_ms : milliseconds_since(start);
  return made;
}

void emit(const NewKernel& made, const Device& device) {
  if (!runtime::has_event_hook()) return;
  const bool compiled = made.kernel->compile_ms > 0;
  runtime::emit({.kind = compiled ? KernelEvent::Kind::compiled : KernelEvent::Kind::loaded,
                 .kernel = made.kernel->entry.launch.function,
                 .device = device.name(),
                 .line = made.line,
                 .milliseconds = made.milliseconds});
}

/// Loading a kernel would end a capture, and compiling would take too long inside one.
void check_not_capturing(const Stream& stream, const std::string& kernel) {
  if (!stream.is_capturing()) return;
  throw Error(ErrorCode::environment,
              {.where = kernel,
               .argument = "stream",
               .problem = "the stream is capturing a graph, and the kernel is not ready",
               .got = "a first call with these dtypes, shapes, strides and alignments",
               .hint = "call it once with the same arguments before the capture begins"});
}

/// Reports a launch to the event hook and the recorder. `made` is empty if the kernel was ready.
void report_launch(const KernelBase& kernel, const Config& config, const NewKernel& made) {
  if (runtime::has_event_hook())
    runtime::emit({.kind = KernelEvent::Kind::launched, .kernel = kernel.name()});
  if (!runtime::LaunchRecorder::active()) return;
  runtime::LaunchRecorder::record({.kernel = kernel.name(),
                                   .config = kernel.to_text(config),
                                   .source = made.kernel ? made.kernel->source : "memory",
                                   .compile_ms = made.kernel ? made.kernel->compile_ms : 0});
}

/// Makes the arguments canonical. False if a KeyRecorder wants only the call's key, and has it.
bool prepare(const Call& call, std::span<KernelArgument> arguments) {
  detail::check_count(call.kernel, arguments.size());
  for (KernelArgument& argument : arguments)
    if (argument.is_tensor) detail::make_canonical(argument.tensor);
  if (!runtime::KeyRecorder::active()) return true;
  runtime::KeyRecorder::record(key_of(trace(call), call.device.target()));
  return false;
}

/// Launches with the plan in `planned`, which is made anew if it does not fit.
void launch(const Call& call, Stream& stream, const detail::CallIdentity& identity,
            detail::PlannedCall& planned) {
  runtime::KernelTable& table = runtime::KernelTable::instance();
  NewKernel made;
  if (!(planned.identity == identity) || !planned.plan.fits(call.arguments, call.device)) {
    runtime::CallKey key;
    write_key(key, call);
    auto ready = table.find(key);
    if (ready == nullptr) {
      check_not_capturing(stream, call.kernel.name());
      ready = table.find_or_make(key, [&] {
        made = make(call);
        return made.kernel;
      });
      // Only now that the table has it: the hook may launch this very kernel.
      if (made.kernel != nullptr) emit(made, call.device);
    }
    // With checked tracing the plan is not kept, so that the next launch comes here as well.
    const bool checked = checked_tracing();
    if (checked && made.kernel == nullptr)
      detail::check_unchanged(call.kernel, call.config, call.arguments, ready->entry.program);
    planned.plan.make(std::move(ready), call.arguments, call.device);
    planned.identity = checked ? detail::CallIdentity() : identity;
  }
  planned.plan.launch(stream, call.arguments);
  report_launch(call.kernel, call.config, made);
}

detail::CallIdentity identity_of(const KernelBase& kernel, const Config& config) {
  const auto definition = KernelAccess::definition(kernel);
  return {{definition[0], definition[1]}, config, runtime::KernelTable::instance().generation()};
}

}  // namespace

void KernelBase::launch(Stream& stream, const Config& config,
                        std::span<KernelArgument> arguments) const {
  const Call call{*this, *stream.device(), config, arguments};
  if (!prepare(call, arguments)) return;
  const detail::CallIdentity identity = identity_of(*this, config);
  const detail::PlannedCallSlot slot(identity, arguments);
  tegula::launch(call, stream, identity, *slot);
}

namespace detail {

void KeptLaunch::launch(Stream& stream, const KernelBase& kernel, const Config& config,
                        std::span<KernelArgument> arguments) {
  kernel_ = nullptr;
  const Call call{kernel, *stream.device(), config, arguments};
  if (!prepare(call, arguments)) return;
  tegula::launch(call, stream, identity_of(kernel, config), call_);
  kernel_ = &kernel;
}

bool KeptLaunch::serves(const Device& device) const {
  return kernel_ != nullptr && call_.plan.is_for(device) && !runtime::KeyRecorder::active() &&
         call_.identity.generation == runtime::KernelTable::instance().generation();
}

void KeptLaunch::launch_again(Stream& stream, std::span<const runtime::LaunchPlan::Value> values) {
  call_.plan.set(values);
  call_.plan.launch(stream);
  report_launch(*kernel_, call_.identity.config, {});
}

}  // namespace detail
}  // namespace tegula
