// Whether a kernel may read or write a tensor, as its author declared it.
#pragma once

#include <source_location>
#include <string_view>

#include "dsl/trace/core/tracer.h"

namespace tegula::detail {

/// Throw Error{kernel} if the parameter is an Out tensor (an In tensor). `problem`: "a load from an
/// Out tensor".
void need_readable(const Tracer& tracer, const program::Parameter& parameter,
                   std::string_view problem, const std::source_location& at);
void need_writable(const Tracer& tracer, const program::Parameter& parameter,
                   std::string_view problem, const std::source_location& at);

}  // namespace tegula::detail
