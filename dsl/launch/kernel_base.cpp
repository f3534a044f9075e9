#include "tegula/dsl/kernel_base.h"

#include <link.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "dsl/launch/trace_kernel.h"
#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "runtime/format/bytes.h"
#include "tegula/error.h"

namespace tegula {
namespace {

/// Never destroyed: kernels are statics of many files, which are destroyed in no known order.
struct Registry {
  std::mutex mutex;
  std::vector<const KernelBase*> kernels;
  std::map<std::array<std::uint64_t, 2>, detail::KernelOrigin> origins;
};
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

/// How many libraries this process has unloaded.
std::uint64_t unloads() {
  std::uint64_t count = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) {
        *static_cast<std::uint64_t*>(result) = info->dlpi_subs;
        return 1;  // the same for every library
      },
      &count);
  return count;
}

}  // namespace

KernelBase::KernelBase(const char* name, std::uintptr_t function, std::size_t config_fields,
                       std::vector<ParameterInfo> parameters, const std::source_location& at)
    : name_(name), config_fields_(config_fields), parameters_(std::move(parameters)), at_(at) {
  define("kernel", name_, function);
  for (const ParameterInfo& p : parameters_)
    define("parameter", p.name,
           static_cast<std::uint64_t>(p.kind) | static_cast<std::uint64_t>(p.access) << 8 |
               std::uint64_t{p.optional} << 16 | static_cast<std::uint64_t>(p.dtype) << 24);
  const std::uint64_t now = unloads();
  const std::lock_guard lock(registry().mutex);
  registry().kernels.push_back(this);
  origin_ = &registry().origins[definition_];
  if (origin_->objects++ == 0 && origin_->unloads != now) ++origin_->generation;
  define("generation", "", origin_->generation);
}

KernelBase::~KernelBase() {
  const std::uint64_t now = unloads();
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().kernels, this);
  --origin_->objects;
  origin_->unloads = now;
}

std::vector<const KernelBase*> kernels() {
  const std::lock_guard lock(registry().mutex);
  return registry().kernels;
}

std::string KernelBase::location() const { return detail::to_text(at_); }

void KernelBase::define(const char* what, std::string_view name, std::uint64_t value) {
  const std::string text = fmt::format("{:x} {:x} {} {}:{} {}", definition_[0], definition_[1],
                                       what, name.size(), name, value);
  const format::Hash128 hash = format::hash128(std::as_bytes(std::span(text)));
  definition_ = {hash.low, hash.high};
}

void KernelBase::add_field(ConfigFieldInfo field) {
  if (++registered_fields_ > Config::capacity) return;
  define("field", field.name, field.offset);
  fields_.push_back(std::move(field));
}

void KernelBase::specialise(std::string_view parameter, int dimension) {
  define("specialise_dim", parameter, static_cast<std::uint64_t>(dimension));
  declarations_.push_back({std::string(parameter), dimension});
  for (ParameterInfo& info : parameters_)
    if (info.name == parameter) info.specialised_dims.push_back(dimension);
}

void KernelBase::check_definition() const {
  const auto wrong = [&](std::string argument, std::string problem, std::string got,
                         std::string wanted, std::string hint) {
    detail::fail(at_, {.argument = name_ + (argument.empty() ? "" : ": " + argument),
                       .problem = std::move(problem),
                       .got = std::move(got),
                       .wanted = std::move(wanted),
                       .hint = std::move(hint)});
  };
  if (!program::is_identifier(name_))
    wrong("", "the kernel's name is no C identifier", "\"" + name_ + "\"", "letters, digits, _",
          "it becomes the name of a function");
  if (registered_fields_ > Config::capacity)
    wrong("", "too many config fields are registered", std::to_string(registered_fields_),
          fmt::format("at most {}", Config::capacity), "");
  if (fields_.size() != config_fields_)
    wrong("", "not every field of the config is registered", detail::field_names(fields_),
          fmt::format("{} fields", config_fields_),
          "register each by .sweep(...) or .field(...): its value is part of what identifies a "
          "compiled kernel");
  for (std::size_t i = 0; i < fields_.size(); ++i)
    for (std::size_t j = 0; j < fields_.size(); ++j)
      if (i != j && (fields_[i].name == fields_[j].name || fields_[i].offset == fields_[j].offset))
        wrong(fields_[i].name, "a config field is registered twice, or two fields by one name", "",
              "", "give each field once, by its own name");
  for (const ConfigFieldInfo& field : fields_)
    if (!program::is_identifier(field.name))
      wrong(field.name, "a config field's name is no C identifier", "", "", "");
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!program::is_identifier(parameters_[i].name))
      wrong(parameters_[i].name, "a parameter's name is no C identifier", "", "", "");
    for (std::size_t j = 0; j < i; ++j)
      if (parameters_[i].name == parameters_[j].name)
        wrong(parameters_[i].name, "two parameters have one name", "", "", "");
  }
  for (const auto& [parameter, dimension] : declarations_) {
    const auto info = std::find_if(parameters_.begin(), parameters_.end(),
                                   [&](const ParameterInfo& p) { return p.name == parameter; });
    if (info == parameters_.end() || info->kind != ParameterInfo::Kind::tensor)
      wrong(parameter, "specialise_dim names no tensor parameter", "", "", "");
  }
}

Config KernelBase::default_config() const {
  Config config;
  for (const ConfigFieldInfo& field : fields_) config.values[config.size++] = field.initial;
  return config;
}

void KernelBase::set(Config& config, std::string_view name, std::int64_t value) const {
  config.values[detail::find_config_field(name_, fields_, name, value)] = value;
}

std::string KernelBase::to_text(const Config& config) const {
  std::string text;
  for (std::size_t i = 0; i < fields_.size() && i < config.size; ++i)
    text += fmt::format("{}{}={}", i > 0 ? "," : "", fields_[i].name, config.values[i]);
  return text;
}

std::vector<std::byte> KernelBase::trace_program(const Config& config,
                                                 std::span<const KernelArgument> arguments) const {
  detail::check_count(*this, arguments.size());
  std::vector<KernelArgument> canonical(arguments.begin(), arguments.end());
  for (KernelArgument& argument : canonical)
    if (argument.is_tensor) detail::make_canonical(argument.tensor);
  return program::serialise(detail::trace_kernel(*this, config, canonical));
}

}  // namespace tegula
