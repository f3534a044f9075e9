#include "runtime/sim/state/launch_state.h"

#include <new>

#include "runtime/sim/state/cluster_state.h"

namespace tegula::sim {
namespace {

constexpr std::size_t workspace_alignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
}

}  // namespace

void Workspace::reserve(const Program& program, std::uint32_t shared_bytes) {
  frame_bytes_ = aligned(program.frame_bytes);
  scratch_at_ = frame_bytes_ * program.warps;
  shared_at_ = scratch_at_ + aligned(program.scratch_bytes);
  // At least one byte, so that empty parts have an address, too.
  const std::size_t bytes = shared_at_ + aligned(shared_bytes + 1);
  if (bytes <= capacity_) return;
  auto* larger =
      static_cast<std::byte*>(::operator new (bytes, std::align_val_t{workspace_alignment}));
  ::operator delete (memory_, std::align_val_t{workspace_alignment});
  memory_ = larger;
  capacity_ = bytes;
}

Workspace::~Workspace() { ::operator delete (memory_, std::align_val_t{workspace_alignment}); }

Worker::Worker(Launch& l, Workspace& w)
    : launch(l),
      workspace(w),
      counters(l.program.code.size(), l.call.arguments.size()),
      range_hints(l.program.code.size(), 0),
      watch_shared(l.options.checks && l.program.features.shared_memory),
      watch_global(l.options.checks && l.global_shadow.watches_anything()),
      copies(l.program.warps),
      bulk_stores(l.program.warps),
      fences(l.program.warps) {
  workspace.reserve(l.program, l.shared_bytes);
  const Features& features = l.program.features;
  workspace.clocks.start_launch(l.program.warps, features.mbarriers, features.bulk_stores);
  if (watch_shared)
    workspace.shadow.start_launch(l.shared_bytes, features.shared_cell, l.program.warps,
                                  features.clusters);
}

std::uint32_t Worker::waits_in_cluster(std::uint32_t warp) const {
  return cluster->barrier.waits(rank, warp);
}

void Worker::start_block(std::uint64_t number) {
  tag = launch.global_shadow.first_tag() + static_cast<BlockTag>(number);
  if (watches() && !workspace.clocks.start_block()) {
    workspace.shadow.forget();
    workspace.clocks.reset();
    workspace.clocks.start_block();
  }
  if (watch_shared) workspace.shadow.start_block(workspace.clocks);
  barriers.start_block();
  mbarriers.start_block();
  for (GroupedCopies& c : copies) c.start_block();
  for (GroupedCopies& c : bulk_stores) c.start_block();
  bulk_loads.clear();
  if (!locations.empty()) locations.clear();
  for (FenceState& f : fences) {
    f.fenced = f.seen = false;
    f.seen_locations.clear();
  }
  known = {};
}

}  // namespace tegula::sim
