// The architecture of the table that code for a GPU is made for.
#pragma once

#include <string>
#include <string_view>

#include "runtime/format/architecture.h"

namespace tegula::compiler {

using format::Architecture;

struct TargetArchitecture {
  std::string name;              ///< as requested
  const Architecture* compiled;  ///< what code is made for
  /// Whether `name` is not in the table: the code is then PTX of an older architecture, which the
  /// driver's JIT compiles.
  bool is_baseline() const { return name != compiled->name; }
};

/// An architecture that is not in the table gets the baseline below it: sm_80, sm_90 or sm_100,
/// whose PTX every later GPU runs (PTX of 'a' architectures runs on no other). Throws
/// Error{unsupported} for one below sm_80 and for a name that is no architecture.
TargetArchitecture find_target(std::string_view name);

}  // namespace tegula::compiler
