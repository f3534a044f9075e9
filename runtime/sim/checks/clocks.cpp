#include "runtime/sim/checks/clocks.h"

namespace tegula::sim {
namespace {

/// The most that one block may use up: far more than it can run through in a day.
constexpr Time block_times = Time{1} << 29;

}  // namespace

void Clocks::start_launch(std::size_t warps, bool copies, bool proxies) {
  warps_.resize(warps);
  agents_ = copies ? agent_count : (warps + 7) / 8 * 8;
  proxies_ = proxies;
}

void Clocks::merge(Knowledge& to, const Knowledge& from) const {
  to.generic.join(from.generic, agents_);
  if (proxies_) to.proxied.join(from.proxied, agents_);
}

void Clocks::clear(Knowledge& knowledge) const {
  std::fill_n(knowledge.generic.known.begin(), agents_, 0);
  if (proxies_) std::fill_n(knowledge.proxied.known.begin(), agents_, 0);
}

bool Clocks::start_block() {
  if (now_ > last_time - block_times) return false;
  base_ = now_++;
  for (Knowledge& w : warps_) {
    w.generic.known.fill(base_);
    if (proxies_) w.proxied.known.fill(base_);
  }
  return true;
}

void Clocks::release(std::uint32_t warp, Knowledge& to) {
  merge(to, warps_[warp]);
  to.generic.known[warp] = now_;
  now_ = std::min(now_ + 1, last_time);
}

void Clocks::acquire(std::uint32_t warp, const Knowledge& from) { merge(warps_[warp], from); }

Time Clocks::act(std::uint32_t agent, Knowledge& to) {
  to.generic.known[agent] = now_;
  if (proxies_) to.proxied.known[agent] = now_;
  const Time time = now_;
  now_ = std::min(now_ + 1, last_time);
  return time;
}

void Clocks::sync_warp(std::uint32_t warp) {
  warps_[warp].generic.known[warp] = now_;
  now_ = std::min(now_ + 1, last_time);
}

void Clocks::fence_proxies(std::uint32_t warp) {
  if (!proxies_) return;
  warps_[warp].proxied.join(warps_[warp].generic);
  warps_[warp].proxied.known[warp] = now_;
  now_ = std::min(now_ + 1, last_time);
}

}  // namespace tegula::sim
