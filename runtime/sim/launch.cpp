#include "runtime/sim/launch.h"

#include <new>
#include <numeric>

#include "runtime/sim/block.h"

namespace tegula::sim {
namespace {

constexpr std::size_t workspace_alignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
}

std::uint64_t mixed(std::uint64_t x) {  // splitmix64's finaliser
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

void Workspace::reserve(const Program& program, std::uint32_t shared_bytes) {
  frame_bytes_ = aligned(program.frame_bytes);
  scratch_at_ = frame_bytes_ * program.warps;
  shared_at_ = scratch_at_ + aligned(program.scratch_bytes);
  // One byte at least, so that empty parts have an address, too.
  const std::size_t bytes = shared_at_ + aligned(shared_bytes + 1);
  if (bytes <= capacity_) return;
  auto* larger =
      static_cast<std::byte*>(::operator new (bytes, std::align_val_t{workspace_alignment}));
  ::operator delete (memory_, std::align_val_t{workspace_alignment});
  memory_ = larger;
  capacity_ = bytes;
}

Workspace::~Workspace() { ::operator delete (memory_, std::align_val_t{workspace_alignment}); }

SeededOrder::SeededOrder(std::uint64_t count, std::uint64_t seed) : count_(count) {
  if (seed == 0 || count < 2) return;
  offset_ = mixed(seed) % count;
  factor_ = mixed(seed + 1) % count;
  while (std::gcd(factor_, count) != 1) factor_ = (factor_ + 1) % count;
}

void run(Launch& launch) {
  const auto& grid = launch.call.grid;
  const std::uint64_t blocks = std::uint64_t{grid[0]} * grid[1] * grid[2];
  if (blocks == 0) return;
  Workspace& workspace = launch.workspace;
  workspace.reserve(launch.program, launch.shared_bytes);
  for (std::uint32_t warp = 0; warp < launch.program.warps; ++warp)
    launch.program.prepare_frame(workspace.frame(warp), launch.call.parameters);

  const SeededOrder order(blocks, launch.options.seed);
  Block block(launch);
  for (std::uint64_t k = 0; k < blocks && !launch.reports.full(); ++k) {
    const std::uint64_t number = order[k];
    const std::uint64_t row = number / grid[0];
    block.run(
        {static_cast<std::uint32_t>(number % grid[0]), static_cast<std::uint32_t>(row % grid[1]),
         static_cast<std::uint32_t>(row / grid[1])},
        launch.options.seed == 0 ? 0 : mixed(launch.options.seed ^ number) | 1);
  }
}

}  // namespace tegula::sim
