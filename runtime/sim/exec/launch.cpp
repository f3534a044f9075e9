#include "runtime/sim/exec/launch.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "runtime/sim/exec/cluster.h"
#include "runtime/sim/exec/seeded_order.h"

namespace tegula::sim {
namespace {

/// With fewer blocks another thread does not pay.
constexpr std::uint64_t blocks_for_threads = 8;
constexpr std::uint32_t most_threads = 256;

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
