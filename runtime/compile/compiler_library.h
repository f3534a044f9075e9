// libtegula_compiler.so, opened when it is first needed and never closed.
#pragma once

#include <string>
#include <string_view>

namespace tegula::runtime {

/// The build of the compiler that makes kernels for this runtime: "LLVM-22.1.3 " and a hash of its
/// sources. A part of every key on disk.
std::string_view compiler_identity();

/// What `tegula doctor` says of it.
struct CompilerLibrary {
  std::string path;     ///< "" where there is none
  std::string problem;  ///< why it cannot be used; "" if it can
};
/// Opens it if it is not open yet.
CompilerLibrary compiler_library();

}  // namespace tegula::runtime
