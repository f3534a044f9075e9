// The instruction of the Program that an LLVM instruction comes from, found by source line.
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
  /// The Program's first instruction at the same source location, or no_origin.
  std::uint32_t of(const llvm::Instruction& instruction) const;

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  ///< by "file:line:column"
};

/// "file:line:column", or "" if that is not known.
std::string describe_location(const llvm::Instruction& instruction);

}  // namespace tegula::compiler
