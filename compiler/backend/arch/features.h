// Features that a Program uses and that not every architecture has. Checked before instruction
// selection, which ends the process at an instruction that it cannot select.
#pragma once

#include "dsl/program/program.h"
#include "runtime/format/architecture.h"

namespace tegula::compiler {

/// Throws Error{unsupported} that names the operation, the author's line and the architectures that
/// have it.
void check_features(const program::Program& program, const format::Architecture& architecture);

}  // namespace tegula::compiler
