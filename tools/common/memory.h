// How much memory this machine has.
#pragma once

namespace tegula::tools {

/// In bytes.
double physical_memory();

}  // namespace tegula::tools
