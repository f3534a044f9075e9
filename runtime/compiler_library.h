// libtegula_compiler.so, opened when it is first needed and never closed.
#pragma once

#include <string>

namespace tegula::runtime {

/// What `tegula doctor` says of it.
struct CompilerLibrary {
  std::string path;     ///< "" where there is none
  std::string problem;  ///< why it cannot be used; "" if it can
};
/// Opens it if it is not open yet.
CompilerLibrary compiler_library();

}  // namespace tegula::runtime
