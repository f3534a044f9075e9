// What a compiler is asked for: one Program, compiled for one target.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tegula/target.h"

#pragma GCC visibility push(default)
namespace tegula {

struct CompileRequest {
  std::vector<std::byte> program;  ///< a serialised Program
  Target target;
};

std::vector<std::byte> serialise(const CompileRequest& request);
/// Throws Error{corrupt_data}.
CompileRequest read_compile_request(std::span<const std::byte> bytes);

}  // namespace tegula
#pragma GCC visibility pop
