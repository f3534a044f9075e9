// PTX to cubin: nvJitLink in the process where it is found, else ptxas as a child process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/format/compiler_call.h"
#include "runtime/format/entry.h"

namespace tegula::compiler {

struct Cubin {
  format::Bytes bytes;
  format::Resources resources;
  std::string assembler;  ///< "nvJitLink 13.0", "ptxas 13.0.88"
  std::string log;        ///< what the assembler said
};

using format::AssemblerInfo;

/// The assemblers that were found, the preferred one first. Looks for libnvJitLink beside the
/// toolkit (CUDA_HOME, CUDA_PATH, /usr/local/cuda) and in the loader's path; for ptxas in the
/// toolkit and in PATH.
const std::vector<AssemblerInfo>& assemblers();

/// By the preferred assembler; where its code spills registers the other one is asked, too, if it
/// is of no newer toolkit: ptxas, which knows that the kernel is the whole program, often needs
/// fewer than nvJitLink. Throws Error{environment} if no assembler is found, Error{unsupported}
/// with the assembler's log if it rejects the PTX (an architecture newer than it knows, say).
Cubin assemble(std::string_view ptx, std::string_view arch);
/// The same by one of assemblers().
Cubin assemble_with(const AssemblerInfo& assembler, std::string_view ptx, std::string_view arch);
/// Whether `other`, of the same PTX, is complete and spills fewer bytes.
bool spills_less(const Cubin& other, const Cubin& than);

}  // namespace tegula::compiler
