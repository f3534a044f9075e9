#include "runtime/sim/block_order.h"

#include <algorithm>

namespace tegula::sim {

void BlockOrder::release(BlockTag block, Time time, std::uint64_t location) {
  const std::lock_guard lock(mutex_);
  releases_[location].push_back({block, time});
}

void BlockOrder::acquire(BlockTag block, Time time, std::uint64_t location) {
  const std::lock_guard lock(mutex_);
  const auto there = releases_.find(location);
  if (there == releases_.end()) return;
  std::vector<Acquire>& mine = acquires_[block];
  const std::size_t count = there->second.size();
  // A block that spins sees the same again and again.
  if (!mine.empty() && mine.back().location == location && mine.back().releases == count) return;
  mine.push_back({time, location, count});
}

void BlockOrder::learn(const Acquire& from, Known& known) const {
  std::vector<Acquire> to_learn = {from};
  while (!to_learn.empty()) {
    const Acquire acquire = to_learn.back();
    to_learn.pop_back();
    std::size_t& seen = known.releases_seen[acquire.location];
    const std::vector<Release>& there = releases_.at(acquire.location);
    const std::size_t begin = seen;
    seen = std::max(seen, acquire.releases);
    for (std::size_t k = begin; k < acquire.releases; ++k) {
      Time& time = known.blocks[there[k].block];
      time = std::max(time, there[k].time);
      const auto earlier = acquires_.find(there[k].block);
      if (earlier == acquires_.end()) continue;
      for (const Acquire& a : earlier->second)
        if (a.time <= there[k].time) to_learn.push_back(a);
    }
  }
}

bool BlockOrder::ordered(BlockTag other, Time time, BlockTag block, Known& known) {
  const std::lock_guard lock(mutex_);
  const auto mine = acquires_.find(block);
  if (mine == acquires_.end()) return false;
  for (; known.acquires_seen < mine->second.size(); ++known.acquires_seen)
    learn(mine->second[known.acquires_seen], known);
  const auto at = known.blocks.find(other);
  return at != known.blocks.end() && time <= at->second;
}

}  // namespace tegula::sim
