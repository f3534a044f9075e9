#include "compiler/backend/arch/architecture.h"

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::compiler {

TargetArchitecture find_target(std::string_view name) {
  if (const Architecture* known = format::find_architecture(name))
    return {std::string(name), known};
  const auto compute = format::compute_of(name);
  if (!compute)
    throw Error(ErrorCode::unsupported, {.argument = "arch",
                                         .problem = "not the name of an architecture",
                                         .got = std::string(name),
                                         .wanted = "one of " + format::architecture_names()});
  if (*compute < format::oldest_compute)
    throw Error(ErrorCode::unsupported,
                {.argument = "arch",
                 .problem = "the architecture is too old",
                 .got = std::string(name),
                 .wanted = fmt::format("sm_{} or newer", format::oldest_compute)});
  const Architecture* baseline = nullptr;
  for (const char* candidate : {"sm_80", "sm_90", "sm_100"}) {
    const Architecture* a = format::find_architecture(candidate);
    if (a->compute <= *compute) baseline = a;
  }
  return {std::string(name), baseline};
}

}  // namespace tegula::compiler
