// The LLVM intrinsics that the simulator's image has opcodes for: one table.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/format/image.h"

namespace tegula::compiler {

struct SimIntrinsic {
  std::string_view name;  ///< up to the types it is overloaded on
  format::Opcode opcode;
  std::vector<int> operands;  ///< the call's operands that the opcode takes, in order
  std::uint8_t modifier = 0;
};

/// The row for an intrinsic's full name ("llvm.fma.v8f32"), or null.
const SimIntrinsic* find_sim_intrinsic(std::string_view name);

}  // namespace tegula::compiler
