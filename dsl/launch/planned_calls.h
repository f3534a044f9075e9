// What this thread called lately. Steady programs call the same kernels with the same shapes again
// and again: such a call needs neither classes nor a look into the table of ready kernels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/launch/launch_plan.h"
#include "tegula/dsl/config.h"

namespace tegula::detail {

/// A kernel with its config, as of one state of the table of ready kernels.
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

/// The place where this thread keeps the plan of such a call, for as long as the call lasts.
class PlannedCallPlace {
 public:
  PlannedCallPlace(const CallIdentity& identity, std::span<const KernelArgument> arguments);
  ~PlannedCallPlace() { call_->taken = false; }
  PlannedCallPlace(const PlannedCallPlace&) = delete;
  PlannedCallPlace& operator=(const PlannedCallPlace&) = delete;
  /// That plan, or another one in its place.
  PlannedCall& operator*() const { return *call_; }

 private:
  PlannedCall* call_;
  /// What is kept nowhere: a call by an allocator, a log sink or an event hook of another call that
  /// has the place, or by an object that is destroyed after this thread's plans.
  std::unique_ptr<PlannedCall> own_;
};

}  // namespace tegula::detail
