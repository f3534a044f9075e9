// The architectures of GPUs that the project knows: the compiler makes code for them, and the
// simulator stands in for them. One table for both.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tegula::format {

struct Architecture {
  std::string_view name;  ///< "sm_90a": what assemblers take and LLVM calls it
  int compute;            ///< 90
  std::string_view gpu;   ///< one that has it
  int multiprocessors;    ///< of that GPU
  /// Bytes of shared memory that a block may have. It may declare 48 KiB of them; more has to be
  /// asked for at launch.
  std::int64_t shared_limit;
};

inline constexpr std::int64_t shared_static_limit = 48 << 10;
/// 32-bit registers of a multiprocessor, and so the most that a block may have.
inline constexpr std::int64_t registers_per_block = 64 << 10;
/// The oldest that the project makes code for.
inline constexpr int oldest_compute = 80;

/// Oldest first.
std::span<const Architecture> architectures();
/// Null for a name that is not in the table.
const Architecture* find_architecture(std::string_view name);
/// "sm_80, sm_86, ...": for messages.
std::string architecture_names();

/// The number in "sm_90", "sm_100a", "sm_120f"; nothing for other names.
std::optional<int> compute_of(std::string_view name);

}  // namespace tegula::format
