#include "compiler/target/architecture.h"

#include "tegula/error.h"

namespace tegula::compiler {

const std::vector<Architecture>& architectures() {
  // Shared memory: CUDA C++ Programming Guide, "Compute Capabilities". A block may declare 48 KiB;
  // more has to be asked for at launch.
  constexpr std::int64_t kib = 1024;
  static const std::vector<Architecture> table = {
      {"sm_80", "sm_80", 48 * kib, 163 * kib},     {"sm_86", "sm_86", 48 * kib, 99 * kib},
      {"sm_89", "sm_89", 48 * kib, 99 * kib},      {"sm_90", "sm_90", 48 * kib, 227 * kib},
      {"sm_90a", "sm_90a", 48 * kib, 227 * kib},   {"sm_100a", "sm_100a", 48 * kib, 227 * kib},
      {"sm_103a", "sm_103a", 48 * kib, 227 * kib}, {"sm_120", "sm_120", 48 * kib, 99 * kib},
      {"sm_121", "sm_121", 48 * kib, 99 * kib},
  };
  return table;
}

const Architecture& find_architecture(std::string_view name) {
  std::string known;
  for (const Architecture& a : architectures()) {
    if (a.name == name) return a;
    known += (known.empty() ? "" : ", ") + a.name;
  }
  throw Error(ErrorCode::unsupported, {.argument = "arch",
                                       .problem = "unknown architecture",
                                       .got = std::string(name),
                                       .wanted = "one of " + known});
}

}  // namespace tegula::compiler
