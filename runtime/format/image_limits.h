// How large a simulator image may be, apart from its registers (image.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tegula::format {

inline constexpr std::uint32_t max_cluster_blocks = 8;  ///< what every GPU with clusters can run
inline constexpr std::size_t max_instructions = 1 << 20;
inline constexpr std::uint16_t max_elements = 4096;  ///< of a register, a lane

}  // namespace tegula::format
