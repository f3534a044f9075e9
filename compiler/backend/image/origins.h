// Which instruction of the Program an LLVM instruction comes from, by source line.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "dsl/program/program.h"

namespace llvm {
class Instruction;
}

namespace tegula::compiler {

inline constexpr std::uint32_t no_origin = 0xffffffff;

class SimOrigins {
 public:
  explicit SimOrigins(const program::Program& program);
  /// The first instruction of the Program from the same place, or no_origin.
  std::uint32_t of(const llvm::Instruction& instruction) const;

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  ///< by "file:line:column"
};

/// "file:line:column", or nothing where that is not known.
std::string describe_location(const llvm::Instruction& instruction);

}  // namespace tegula::compiler
