// What a Program uses that not every architecture has. Asked before instruction selection, which
// ends the process over an instruction that it cannot select.
#pragma once

#include "dsl/program/program.h"
#include "runtime/format/architecture.h"

namespace tegula::compiler {

/// Throws Error{unsupported} that names the operation, the author's line and the architectures that
/// have it.
void check_features(const program::Program& program, const format::Architecture& architecture);

}  // namespace tegula::compiler
