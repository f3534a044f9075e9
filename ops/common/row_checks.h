// Checks of a RowConfig, for the op that is given one and for the kernel that is traced with one.
#pragma once

#include <string_view>

#include "tegula/ops/row_config.h"

namespace tegula::ops {

/// Throws Error{invalid_argument} whose `where` is that and whose argument is `prefix` and the
/// field's name.
void check_row_config(std::string_view where, std::string_view prefix, const RowConfig& config);

}  // namespace tegula::ops
