// The command line's one way into the compiler.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/format/entry.h"

namespace tegula::cli {

struct EmittedStage {
  std::vector<std::byte> bytes;
  bool is_text = true;  ///< all but a cubin
  std::string assembler;
  format::Resources resources;
  std::vector<std::pair<std::string, double>> milliseconds;
  std::vector<format::Remark> remarks;
};

/// Throws Error{invalid_argument} listing the stages unless `stage` is one of them.
void check_stage(const std::string& stage);

/// Takes a serialised Program to `stage` for `arch`. Throws what the compiler throws.
EmittedStage emit_stage(std::span<const std::byte> program, const std::string& arch,
                        const std::string& stage);

}  // namespace tegula::cli
