// Accesses to simulated memory that another block, on another host thread, may store to at the same
// time. That is allowed as long as both store the same bytes (different ones are reported as a
// race), so these accesses are relaxed. The host's memcpy and memcmp do for that; ThreadSanitizer
// must be told, byte by byte. Loads are plain: one that races is a fault of the kernel.
#pragma once

#include <cstddef>
#include <cstring>

namespace tegula::sim {

#if defined(__SANITIZE_THREAD__)

inline void store_racy(std::byte* target, const std::byte* source, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    __atomic_store_n(reinterpret_cast<unsigned char*>(target) + i,
                     static_cast<unsigned char>(source[i]), __ATOMIC_RELAXED);
}
inline bool equal_racy(const std::byte* mine, const std::byte* theirs, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    if (__atomic_load_n(reinterpret_cast<const unsigned char*>(theirs) + i, __ATOMIC_RELAXED) !=
        static_cast<unsigned char>(mine[i]))
      return false;
  return true;
}

#else

inline void store_racy(std::byte* target, const std::byte* source, std::size_t size) {
  std::memcpy(target, source, size);
}
inline bool equal_racy(const std::byte* mine, const std::byte* theirs, std::size_t size) {
  return std::memcmp(mine, theirs, size) == 0;
}

#endif

}  // namespace tegula::sim
