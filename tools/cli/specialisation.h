// One specialisation of a kernel, from the command line's --bind and --config.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/cli/bindings.h"

namespace tegula::cli {

struct Specialisation {
  const KernelBase* kernel = nullptr;
  Bindings bindings;
  Config config;
  std::vector<std::byte> program;  ///< serialised
};

/// Traces `kernel`. Tensors that neither `bind` nor an op that launches it binds are absent if
/// they are optional. Throws Error{invalid_argument} for names, shapes and fields that do not fit,
/// and what tracing throws.
Specialisation specialise(const std::string& kernel, const std::vector<std::string>& bind,
                          const std::string& config);

}  // namespace tegula::cli
