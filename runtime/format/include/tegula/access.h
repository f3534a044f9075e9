// What a kernel does to memory, in the words of the language and of all formats. The numeric values
// are part of the serialised ones (Program, entry, image): append, never renumber.
#pragma once

#include <cstdint>

#pragma GCC visibility push(default)
namespace tegula {

/// What a kernel does with a tensor: in: reads it; out: writes it; in_out: both, and atomics.
enum class Access : std::uint8_t { in = 0, out = 1, in_out = 2 };
inline constexpr int access_count = 3;

/// The order that an atomic gives to other accesses, as in C++'s memory model.
enum class MemoryOrder : std::uint8_t { relaxed = 0, acquire = 1, release = 2, acq_rel = 3 };
inline constexpr int memory_order_count = 4;

/// The threads among which it is atomic and orders.
enum class MemoryScope : std::uint8_t { block = 0, device = 1, system = 2 };
inline constexpr int memory_scope_count = 3;

}  // namespace tegula
#pragma GCC visibility pop
