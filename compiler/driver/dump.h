// TEGULA_DUMP=DIR: every stage of every kernel that is compiled, as files
// DIR/KERNEL-HASH.ARCH.STAGE; HASH is that of the Program.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dsl/program/program.h"

namespace tegula::compiler {

class Dump {
 public:
  /// Reads the environment; off without TEGULA_DUMP.
  Dump(const program::Program& program, std::string_view arch);

  bool is_on() const { return !prefix_.empty(); }
  /// Writes a stage: program, tile, layout, llvm, ptx, cubin or sim. A file that cannot be written
  /// is reported on standard error, once a process, and is no error.
  void write(std::string_view stage, std::span<const std::byte> bytes) const;
  void write(std::string_view stage, std::string_view text) const;

 private:
  std::string prefix_;  ///< "DIR/KERNEL-HASH.ARCH."; empty: off
};

}  // namespace tegula::compiler
