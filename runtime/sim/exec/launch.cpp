#include "runtime/sim/state/launch_state.h"

#include <exception>
#include <new>
#include <numeric>
#include <thread>

#include "runtime/sim/exec/cluster.h"

namespace tegula::sim {
namespace {

constexpr std::size_t workspace_alignment = 64;
/// With fewer blocks another thread does not pay.
constexpr std::uint64_t blocks_for_threads = 8;
constexpr std::uint32_t most_threads = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
}

/// The clusters of a launch (its blocks, where there are none), handed out one after another.
class Clusters {
 public:
  explicit Clusters(Launch& launch)
      : launch_(launch), order_(launch.progress.clusters(), launch.options.seed) {}

  /// Runs clusters until there are none left. Any number of threads may call it.
  void work(const std::vector<Worker*>& workers) {
    LaunchProgress& progress = launch_.progress;
    for (Worker* worker : workers)
      for (std::uint32_t warp = 0; warp < launch_.program.warps; ++warp)
        launch_.program.prepare_frame(worker->workspace.frame(warp), launch_.call.parameters);
    Cluster cluster(workers);
    for (;;) {
      // A later block cannot add to reports that are full.
      if (launch_.reports.full() || stopped_) return;
      const std::uint64_t index = progress.begin_cluster();
      if (index >= progress.clusters()) return;
      if (!cluster.run(first_block(order_[index]), index)) stopped_ = true;
    }
  }

 private:
  std::array<std::uint32_t, 3> first_block(std::uint64_t number) const {
    const auto& grid = launch_.call.grid;
    const auto& shape = launch_.program.cluster;
    const std::uint64_t width = grid[0] / shape[0], height = grid[1] / shape[1];
    return {static_cast<std::uint32_t>(number % width * shape[0]),
            static_cast<std::uint32_t>(number / width % height * shape[1]),
            static_cast<std::uint32_t>(number / width / height * shape[2])};
  }

  Launch& launch_;
  const SeededOrder order_;
  std::atomic<bool> stopped_ = false;
};

std::uint32_t threads_for(const SimOptions& options, std::uint64_t clusters, std::uint32_t each) {
  std::uint32_t threads = options.threads;
  if (threads == 0)
    threads = clusters * each >= blocks_for_threads
                  ? std::max(1u, std::thread::hardware_concurrency())
                  : 1;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(clusters, std::min(threads, most_threads)));
}

}  // namespace

std::uint64_t mixed(std::uint64_t x) {  // splitmix64's finaliser
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

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

SeededOrder::SeededOrder(std::uint64_t count, std::uint64_t seed) : count_(count) {
  if (seed == 0 || count < 2) return;
  offset_ = mixed(seed) % count;
  factor_ = mixed(seed + 1) % count;
  while (std::gcd(factor_, count) != 1) factor_ = (factor_ + 1) % count;
}

void run(Launch& launch, Workspaces& workspaces, SimCounters& counters) {
  const auto& grid = launch.call.grid;
  const std::uint32_t each = launch.program.blocks_per_cluster();
  const std::uint64_t count = std::uint64_t{grid[0]} * grid[1] * grid[2] / each;
  if (count == 0) return;
  const std::uint32_t threads = threads_for(launch.options, count, each);
  while (workspaces.size() < std::size_t{threads} * each)
    workspaces.push_back(std::make_unique<Workspace>());
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::vector<Worker*>> teams(threads);  // a thread's workers, by rank
  launch.progress.start(threads, count);
  for (std::uint32_t t = 0; t < threads; ++t)
    for (std::uint32_t rank = 0; rank < each; ++rank) {
      workers.push_back(std::make_unique<Worker>(launch, *workspaces[workers.size()]));
      workers.back()->team = &launch.progress.team(t);
      teams[t].push_back(workers.back().get());
    }

  Clusters clusters(launch);
  std::vector<std::exception_ptr> failures(threads);
  const auto work = [&](std::uint32_t t) {
    try {
      clusters.work(teams[t]);
    } catch (...) {
      failures[t] = std::current_exception();
    }
    launch.progress.team(t).finish();
  };
  {
    std::vector<std::jthread> others;
    try {
      for (std::uint32_t t = 1; t < threads; ++t) others.emplace_back(work, t);
    } catch (const std::exception&) {
      // The system gives no more threads: the ones there are do it all, if only this one.
    }
    for (auto t = static_cast<std::uint32_t>(others.size()) + 1; t < threads; ++t)
      launch.progress.team(t).finish();
    work(0);
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  for (const auto& worker : workers)
    worker->counters.add_to(counters, launch.program, launch.call.arguments);
}

}  // namespace tegula::sim
