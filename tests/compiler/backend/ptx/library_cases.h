// The specialisations of the library's kernels whose code is watched: each is assembled for every
// architecture, and resource_table.inc has its registers.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tegula/compiler.h"

namespace tegula::compiler {

struct LibraryCase {
  const char* name;
  const char* kernel;
  std::vector<std::string> bindings;  ///< what the kernel's example leaves open; see tegula emit
  const char* config;                 ///< fields that differ from what the op chooses
  int oldest_compute = 80;            ///< of the architectures that have what it needs
  bool may_need_ptxas = false;        ///< spills somewhere if assembled by nvJitLink
};

void PrintTo(const LibraryCase& c, std::ostream* stream);

const std::vector<LibraryCase>& library_cases();

/// Whether the architecture has what the case needs.
bool is_for(const LibraryCase& c, const std::string& arch);

struct Assembled {
  std::string config;  ///< all fields
  Emitted cubin;
};
Assembled assemble_case(const LibraryCase& c, const std::string& arch);

}  // namespace tegula::compiler
