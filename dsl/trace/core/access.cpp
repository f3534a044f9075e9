#include "dsl/trace/core/access.h"

#include <fmt/format.h>

#include "dsl/trace/core/errors.h"

namespace tegula::detail {
namespace {

using program::Parameter;

/// Only their order says which parameter is which, so the mistake may be in the order: the hint
/// names the tensors that would do.
void need(const Tracer& tracer, const Parameter& parameter, Parameter::Access forbidden,
          std::string_view problem, std::string_view declare, const std::source_location& at) {
  if (parameter.access != forbidden) return;
  std::string others;
  for (const Parameter& other : tracer.parameters())
    if (other.kind == Parameter::Kind::tensor && other.access != forbidden)
      others += (others.empty() ? "" : ", ") + other.name;
  std::string hint = fmt::format("declare the parameter as {}", declare);
  if (!others.empty()) hint += fmt::format(", if you do not mean one that is: {}", others);
  fail(at, {.argument = parameter.name, .problem = std::string(problem), .hint = std::move(hint)});
}

}  // namespace

void need_readable(const Tracer& tracer, const Parameter& parameter, std::string_view problem,
                   const std::source_location& at) {
  need(tracer, parameter, Parameter::Access::out, problem, "InOut", at);
}

void need_writable(const Tracer& tracer, const Parameter& parameter, std::string_view problem,
                   const std::source_location& at) {
  need(tracer, parameter, Parameter::Access::in, problem, "Out or InOut", at);
}

}  // namespace tegula::detail
