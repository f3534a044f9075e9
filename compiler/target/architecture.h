// The architectures that kernels are compiled for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tegula::compiler {

struct Architecture {
  std::string name;            ///< "sm_90a": what assemblers take
  std::string llvm_cpu;        ///< what LLVM calls it
  std::int64_t shared_static;  ///< bytes of shared memory a block may declare
  std::int64_t shared_limit;   ///< bytes a block may have by asking for dynamic shared memory
};

/// All that the tables know, oldest first.
const std::vector<Architecture>& architectures();
/// Throws Error{unsupported} that lists the known ones.
const Architecture& find_architecture(std::string_view name);

}  // namespace tegula::compiler
