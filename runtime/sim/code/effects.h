// Which function runs an instruction that does more than compute a value. One function for each
// family of opcodes; each returns null for an opcode that is not of its family.
#pragma once

#include "runtime/sim/code/decode.h"

namespace tegula::sim {

Effect collective_effect(format::Opcode opcode);  ///< shuffles and votes
Effect atomic_effect(format::Opcode opcode);      ///< and fences
Effect barrier_effect(format::Opcode opcode);     ///< warp_sync, barrier_arrive
Effect cp_async_effect(format::Opcode opcode);
Effect mbarrier_effect(format::Opcode opcode);
Effect bulk_effect(format::Opcode opcode);
Effect cluster_effect(format::Opcode opcode);  ///< a cluster's barrier and its shared memory
Effect author_effect(format::Opcode opcode);   ///< print, assert_true

inline Effect find_effect(format::Opcode opcode) {
  for (const auto family : {collective_effect, atomic_effect, barrier_effect, cp_async_effect,
                            mbarrier_effect, bulk_effect, cluster_effect, author_effect})
    if (const Effect effect = family(opcode)) return effect;
  return nullptr;
}

}  // namespace tegula::sim
