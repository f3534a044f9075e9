// The architectures that the simulator stands for. They differ in what a compiler may use, not in
// how the simulator runs it.
#pragma once

#include <string_view>

namespace tegula::sim {

struct Architecture {
  std::string_view name;
  int multiprocessors;  ///< of the GPU that is meant
};

/// Throws Error{invalid_argument} for a name that the table lacks.
const Architecture& find_architecture(std::string_view name);

}  // namespace tegula::sim
