// Which architecture of the table code for a GPU is made for.
#pragma once

#include <string>
#include <string_view>

#include "runtime/format/architecture.h"

namespace tegula::compiler {

using format::Architecture;

struct TargetArchitecture {
  std::string name;              ///< what was asked for
  const Architecture* compiled;  ///< what code is made for
  /// The table does not know `name`: the code is PTX of an older architecture, which the driver's
  /// JIT compiles for it.
  bool is_baseline() const { return name != compiled->name; }
};

/// An architecture that the table lacks gets the baseline below it: sm_80, sm_90 or sm_100, whose
/// PTX every later GPU runs ('a' architectures do not move up). Throws Error{unsupported} for one
/// below sm_80 and for what is no name of an architecture.
TargetArchitecture find_target(std::string_view name);

}  // namespace tegula::compiler
