#include "runtime/sim/checks/block_clocks.h"

#include <algorithm>
#include <utility>

namespace tegula::sim {

struct BlockTimes::Node {
  std::array<Ref, 1 << digit_bits> below;        ///< but at level 0
  std::array<Time, 1 << digit_bits> times = {};  ///< at level 0
};

Time BlockTimes::of(BlockTag block) const {
  const Node* node = root_.get();
  for (unsigned level = digits - 1; level > 0 && node != nullptr; --level)
    node = node->below[digit(block, level)].get();
  return node == nullptr ? 0 : node->times[digit(block, 0)];
}

void BlockTimes::raise(BlockTag block, Time time) {
  root_ = raised(root_, digits - 1, block, time);
}

void BlockTimes::join(const BlockTimes& other) { root_ = joined(root_, other.root_, digits - 1); }

BlockTimes::Ref BlockTimes::raised(const Ref& at, unsigned level, BlockTag block, Time time) {
  const std::size_t d = digit(block, level);
  if (level == 0 && at != nullptr && at->times[d] >= time) return at;
  Node node = at == nullptr ? Node{} : *at;
  if (level == 0)
    node.times[d] = time;
  else
    node.below[d] = raised(node.below[d], level - 1, block, time);
  return std::make_shared<const Node>(std::move(node));
}

/// One of the two if it covers the other; subtrees that both share are equal without a look.
BlockTimes::Ref BlockTimes::joined(const Ref& a, const Ref& b, unsigned level) {
  if (b == nullptr || a == b) return a;
  if (a == nullptr) return b;
  Node node;
  if (level == 0)
    std::transform(a->times.begin(), a->times.end(), b->times.begin(), node.times.begin(),
                   [](Time s, Time t) { return std::max(s, t); });
  else
    for (std::size_t d = 0; d < node.below.size(); ++d)
      node.below[d] = joined(a->below[d], b->below[d], level - 1);
  if (node.below == a->below && node.times == a->times) return a;
  if (node.below == b->below && node.times == b->times) return b;
  return std::make_shared<const Node>(std::move(node));
}

void BlockClocks::release(BlockTag block, Time time, std::uint64_t location, const Known& known) {
  BlockTimes released = known.at(time);
  released.raise(block, time);
  const std::lock_guard lock(mutex_);
  locations_[location].join(released);
}

void BlockClocks::acquire(Time time, std::uint64_t location, Known& known) {
  BlockTimes learnt = known.now;
  {
    const std::lock_guard lock(mutex_);
    const auto there = locations_.find(location);
    if (there == locations_.end()) return;
    learnt.join(there->second);
  }
  if (learnt == known.now) return;
  if (time != known.since) known.before = std::move(known.now);
  known.since = time;
  known.now = std::move(learnt);
}

}  // namespace tegula::sim
