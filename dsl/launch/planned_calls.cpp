#include "dsl/launch/planned_calls.h"

namespace tegula::detail {
namespace {

/// A few thousand bytes each, once used. A call has one slot; calls that share a slot evict each
/// other's plans, which costs a lookup each time and nothing else.
constexpr std::size_t slots = 64;

thread_local bool ended = false;  // trivially destructible: readable until the thread's very end
struct Calls {
  std::array<std::unique_ptr<PlannedCall>, slots> at;
  ~Calls() { ended = true; }
};

/// Null if the thread is ending and has destroyed its plans.
PlannedCall* slot_of(const CallIdentity& identity, std::span<const KernelArgument> arguments) {
  thread_local Calls calls;
  if (ended) return nullptr;
  std::uint64_t hash = identity.kernel[0];
  for (const KernelArgument& argument : arguments)
    for (const std::int64_t extent : argument.tensor.shape)
      hash = (hash ^ static_cast<std::uint64_t>(extent)) * 0x9e3779b97f4a7c15u;
  std::unique_ptr<PlannedCall>& slot = calls.at[(hash >> 32) % slots];
  if (slot == nullptr) slot = std::make_unique<PlannedCall>();
  return slot.get();
}

}  // namespace

PlannedCallSlot::PlannedCallSlot(const CallIdentity& identity,
                                 std::span<const KernelArgument> arguments)
    : call_(slot_of(identity, arguments)) {
  if (call_ == nullptr || call_->taken) {
    own_ = std::make_unique<PlannedCall>();
    call_ = own_.get();
  }
  call_->taken = true;
}

}  // namespace tegula::detail
