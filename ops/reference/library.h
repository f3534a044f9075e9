// The references of the library's ops.
#pragma once

#include "tegula/reference.h"

namespace tegula::reference {

/// No function if the op is not the library's.
Reference find_in_library(std::string_view op);

}  // namespace tegula::reference
