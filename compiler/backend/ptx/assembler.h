// PTX to cubin: by nvJitLink in this process if it is found, else by ptxas as a child process.
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

/// Assembles by the preferred assembler. If its code spills registers the other one is tried as
/// well, unless it is of a newer toolkit: ptxas, which knows that the kernel is the whole program,
/// often needs fewer registers than nvJitLink. Throws Error{environment} if no assembler is found,
/// Error{unsupported} with the assembler's log if it rejects the PTX (for example for an
/// architecture that it does not know).
Cubin assemble(std::string_view ptx, std::string_view arch);
/// Assembles by one of assemblers().
Cubin assemble_with(const AssemblerInfo& assembler, std::string_view ptx, std::string_view arch);
/// Whether `other`, made from the same PTX, is complete and spills fewer bytes.
bool spills_less(const Cubin& other, const Cubin& than);

}  // namespace tegula::compiler
