// Random numbers as a pure function of a key and a counter.
#pragma once

#include <array>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
namespace tegula {

/// Philox4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four words
/// for a key of two words and a counter of four. All are u32 tiles, which broadcast, or whole
/// numbers. `rounds`: 1 to 16; 7 pass BigCrush, 10 are the reference.
std::array<Tile, 4> philox4x32(Operand key0, Operand key1, Operand c0, Operand c1, Operand c2,
                               Operand c3, int rounds = 7);

}  // namespace tegula
#pragma GCC visibility pop
