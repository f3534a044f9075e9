#include "runtime/sim/architecture.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "tegula/error.h"

namespace tegula::sim {
namespace {

constexpr std::array<Architecture, 9> architectures = {{
    {"sm_80", 108},    // A100
    {"sm_86", 84},     // RTX A6000
    {"sm_89", 128},    // RTX 4090
    {"sm_90", 132},    // H100
    {"sm_90a", 132},   // H100
    {"sm_100a", 148},  // B200
    {"sm_103a", 160},  // B300
    {"sm_120", 188},   // RTX PRO 6000 Blackwell
    {"sm_121", 48},    // GB10
}};

}  // namespace

const Architecture& find_architecture(std::string_view name) {
  std::string known;
  for (const Architecture& a : architectures) {
    if (a.name == name) return a;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", a.name);
  }
  throw Error(ErrorCode::invalid_argument,
              {.where = "make_sim_device",
               .argument = "arch",
               .problem = "the simulator does not know this architecture",
               .got = fmt::format("\"{}\"", name),
               .wanted = known});
}

}  // namespace tegula::sim
