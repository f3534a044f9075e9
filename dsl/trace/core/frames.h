// The names of frames in messages.
#pragma once

#include <string_view>

#include "dsl/program/program.h"

namespace tegula::detail {

/// "a traced loop", "an if_", "a combination".
std::string_view describe(program::Op op);

}  // namespace tegula::detail
