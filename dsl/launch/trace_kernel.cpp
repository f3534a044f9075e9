#include "dsl/launch/trace_kernel.h"

#include <atomic>
#include <bit>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/tracer.h"
#include "runtime/launch/kernel_table.h"
#include "tegula/log.h"

namespace tegula {
namespace {

std::atomic<bool>& checked_flag() {
  static std::atomic<bool> flag = [] {
#ifdef NDEBUG
    constexpr bool usual = false;
#else
    constexpr bool usual = true;
#endif
    const char* value = std::getenv("TEGULA_CHECKED_TRACING");
    const std::string_view text = value != nullptr ? value : "";
    if (text == "0" || text == "1") return text == "1";
    if (!text.empty())
      log(LogLevel::warn, fmt::format("TEGULA_CHECKED_TRACING={} is neither 0 nor 1; {} is used",
                                      text, static_cast<int>(usual)));
    return usual;
  }();
  return flag;
}

}  // namespace

void set_checked_tracing(bool on) {
  checked_flag() = on;
  // Plans that were kept before would not be checked.
  if (on) runtime::KernelTable::instance().outdate();
}
bool checked_tracing() { return checked_flag(); }

namespace detail {
namespace {

constexpr std::uint32_t default_warps = 4;

std::uint32_t warps_of(const KernelBase& kernel, const Config& config) {
  for (std::size_t i = 0; i < kernel.fields().size(); ++i) {
    if (kernel.fields()[i].name != "warps") continue;
    const std::int64_t warps = config.values[i];
    if (warps < 1 || warps > program::max_warps ||
        !std::has_single_bit(static_cast<std::uint64_t>(warps)))
      throw Error(ErrorCode::invalid_argument,
                  {.where = kernel.name(),
                   .argument = "config field warps",
                   .problem = "the number of warps is no power of two in range",
                   .got = std::to_string(warps),
                   .wanted = fmt::format("1, 2, 4, ... {}", program::max_warps)});
    return static_cast<std::uint32_t>(warps);
  }
  return default_warps;
}

/// All facts about its arguments that a Program may depend on.
struct Facts {
  Facts(const KernelBase& kernel, std::span<const KernelArgument> arguments)
      : overlaps(find_overlaps(kernel.parameters(), arguments)) {
    for (std::size_t i = 0; i < arguments.size(); ++i)
      classes.push_back(classify(kernel.name(), kernel.parameters()[i], arguments[i]));
  }
  std::vector<ArgumentClass> classes;
  std::vector<program::Overlap> overlaps;
};

program::Program trace_once(const KernelBase& kernel, const Config& config, const Facts& facts) {
  const std::vector<ArgumentClass>& classes = facts.classes;
  program::Program declarations;
  declarations.name = kernel.name();
  declarations.overlaps = facts.overlaps;
  declarations.warps = warps_of(kernel, config);
  for (std::size_t i = 0; i < kernel.fields().size(); ++i)
    declarations.config.push_back({kernel.fields()[i].name, config.values[i]});
  std::vector<ParameterSlot> slots;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    declarations.parameters.push_back(to_parameter(kernel.parameters()[i], classes[i]));
    slots.push_back({static_cast<std::uint32_t>(i), classes[i].present});
  }
  Tracer tracer(std::move(declarations), checked_tracing());
  KernelAccess::run(kernel, config, slots);
  return tracer.finish();
}

/// Called after a trace, in which the kernel has stated the ranks it wants: a wrong rank is then
/// the caller's mistake.
void check_specialised_dims(const KernelBase& kernel, std::span<const ArgumentClass> classes) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const ParameterInfo& parameter = kernel.parameters()[i];
    const int rank = classes[i].rank;
    if (parameter.kind != ParameterInfo::Kind::tensor || !classes[i].present) continue;
    for (const int d : parameter.specialised_dims)
      if (d < -rank || d >= rank)
        fail(KernelAccess::at(kernel),
             {.argument = kernel.name() + ": " + parameter.name,
              .problem = "specialise_dim names a dimension that the tensor does not have",
              .got = std::to_string(d),
              .wanted =
                  rank == 0 ? "none: it is a scalar" : fmt::format("{} to {}", -rank, rank - 1),
              .hint = "negative numbers count from the last, for tensors of several ranks"});
  }
}

}  // namespace

void check_count(const KernelBase& kernel, std::size_t arguments) {
  if (arguments == kernel.parameters().size()) return;
  throw Error(ErrorCode::invalid_argument, {.where = kernel.name(),
                                            .problem = "wrong number of arguments",
                                            .got = std::to_string(arguments),
                                            .wanted = std::to_string(kernel.parameters().size())});
}

program::Program trace_kernel(const KernelBase& kernel, const Config& config,
                              std::span<const KernelArgument> arguments) {
  const Facts facts(kernel, arguments);
  KernelAccess::check(kernel);
  program::Program program = trace_once(kernel, config, facts);
  check_specialised_dims(kernel, facts.classes);
  if (checked_tracing() && content_hash(program) != content_hash(trace_once(kernel, config, facts)))
    fail(KernelAccess::at(kernel),
         {.argument = kernel.name(),
          .problem = "tracing the kernel twice gave two different Programs",
          .hint = "it reads host state that changed in between, a global or a static: make that "
                  "a config field or a parameter"});
  return program;
}

void check_unchanged(const KernelBase& kernel, const Config& config,
                     std::span<const KernelArgument> arguments, const format::Hash128& compiled) {
  if (content_hash(trace_once(kernel, config, Facts(kernel, arguments))) == compiled) return;
  fail(KernelAccess::at(kernel),
       {.argument = kernel.name(),
        .problem = "its function gives another Program by now than the one that was compiled for "
                   "these arguments and would be launched",
        .hint = "it reads something besides its config and its arguments that has changed since, "
                "as a global, a static or the time: make that a config field, which may change "
                "from launch to launch, or a scalar parameter"});
}

}  // namespace detail
}  // namespace tegula
