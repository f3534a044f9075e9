// The plans of this thread's recent calls. Programs call the same kernels with the same shapes over
// and over: such a call needs neither argument classes nor a lookup in the table of ready kernels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/launch/launch_plan.h"
#include "tegula/dsl/config.h"

namespace tegula::detail {

/// A kernel with its config, for one generation of the table of ready kernels.
struct CallIdentity {
  std::array<std::uint64_t, 2> kernel{};
  Config config;
  std::uint64_t generation = 0;
  friend bool operator==(const CallIdentity& a, const CallIdentity& b) {
    return a.kernel == b.kernel && a.generation == b.generation &&
           a.config.span().size() == b.config.span().size() &&
           std::equal(a.config.span().begin(), a.config.span().end(), b.config.span().begin());
  }
};

struct PlannedCall {
  CallIdentity identity;
  runtime::LaunchPlan plan;
  bool taken = false;
};

/// Takes, for the length of a call, the slot in which this thread keeps the plan of such a call.
class PlannedCallSlot {
 public:
  PlannedCallSlot(const CallIdentity& identity, std::span<const KernelArgument> arguments);
  ~PlannedCallSlot() { call_->taken = false; }
  PlannedCallSlot(const PlannedCallSlot&) = delete;
  PlannedCallSlot& operator=(const PlannedCallSlot&) = delete;
  /// The plan in the slot: that of an earlier call like this one, or of another one.
  PlannedCall& operator*() const { return *call_; }

 private:
  PlannedCall* call_;
  /// A plan that is not kept: for a call from an allocator, a log sink or an event hook during
  /// another call that has taken the slot, or from an object that is destroyed after this thread's
  /// plans.
  std::unique_ptr<PlannedCall> own_;
};

}  // namespace tegula::detail
