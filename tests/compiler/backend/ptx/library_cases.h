// The specialisations of the library's kernels whose code is watched: each is assembled for every
// architecture without spills, and of those that are written down resource_table.inc has the
// registers.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tegula/compiler.h"

namespace tegula::compiler {

struct LibraryCase {
  std::string name;
  std::string kernel;
  std::vector<std::string> bindings;  ///< what the kernel's example leaves open; see tegula emit
  std::string config;                 ///< fields that differ from what the op chooses
  int oldest_compute = 80;            ///< of the architectures that have what it needs
  bool may_need_ptxas = false;        ///< spills somewhere if assembled by nvJitLink
  bool is_recorded = true;            ///< in resource_table.inc
};

void PrintTo(const LibraryCase& c, std::ostream* stream);

/// Those that are written down, and the example of every other kernel.
const std::vector<LibraryCase>& library_cases();

/// Whether the architecture has what the case needs.
bool is_for(const LibraryCase& c, const std::string& arch);

struct Assembled {
  std::string config;  ///< all fields
  Emitted cubin;
};
Assembled assemble_case(const LibraryCase& c, const std::string& arch);

}  // namespace tegula::compiler
