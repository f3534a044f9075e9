#include "runtime/sim/checks/progress.h"

namespace tegula::sim {

std::uint64_t LaunchProgress::changes() const {
  std::uint64_t sum = 0;
  for (std::uint32_t t = 0; t < teams_; ++t)
    sum += team_[t].changes.load(std::memory_order_acquire);
  return sum;
}

bool LaunchProgress::all_stuck(std::uint64_t changes) const {
  for (std::uint32_t t = 0; t < teams_; ++t) {
    const std::uint64_t at = team_[t].stuck_at.load(std::memory_order_acquire);
    if (at != changes && at != Team::finished) return false;
  }
  // A team that has finished meanwhile may have made changes before.
  return this->changes() == changes;
}

}  // namespace tegula::sim
