// What the library's kernels took when it was last written down. To refresh it, after a change that
// is meant to cost registers, of a configuration, or of the toolkit:
//
//   cmake --build build/release --target record_resources
//   build/release/bin/record_resources > resource_table.inc
//   mv resource_table.inc tests/compiler/backend/ptx/
#pragma once

#include <string_view>

namespace tegula::compiler {

struct Recorded {
  std::string_view name;    ///< of a LibraryCase
  std::string_view config;  ///< all fields
  int registers[16];        ///< of a thread, in the order of recorded_architectures; 0: not for it
};

#include "tests/compiler/backend/ptx/resource_table.inc"

}  // namespace tegula::compiler
