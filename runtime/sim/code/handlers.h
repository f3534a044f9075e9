// Which function computes an instruction's result. One function for each family of opcodes; each
// returns null for an opcode that is not of its family.
#pragma once

#include "runtime/sim/code/decode.h"

namespace tegula::sim {

/// What decides which handler is chosen.
struct HandlerKey {
  format::Opcode opcode;
  std::uint8_t modifier;
  format::Scalar scalar;     ///< of the subject (see format/opcode.h)
  format::Scalar source;     ///< of the source; of an address's index
  std::uint32_t lane_bytes;  ///< of the result
  bool one_condition;        ///< select: one truth for all elements of a lane
};

Handler integer_handler(const HandlerKey& key);
Handler compare_handler(const HandlerKey& key);
Handler float_handler(const HandlerKey& key);
Handler fma_handler(const HandlerKey& key);
Handler approximation_handler(const HandlerKey& key);
Handler conversion_handler(const HandlerKey& key);
Handler shape_handler(const HandlerKey& key);
Handler special_handler(const HandlerKey& key);

}  // namespace tegula::sim
