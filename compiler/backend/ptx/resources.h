// The resources that the assembler reports for a kernel, compared with what a block can have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/format/entry.h"

namespace tegula::compiler {

/// Reads registers, spills, stack, shared memory and barriers from what `ptxas -v` prints.
format::Resources parse_resources(std::string_view log);

/// Adds a remark to an entry whose kernel spills registers. Throws Error{out_of_resources} if a
/// block would need more registers than a multiprocessor has: every launch would fail.
/// `config`: "bn=4096,warps=8".
void check_resources(format::Entry& entry, const std::string& config);

}  // namespace tegula::compiler
