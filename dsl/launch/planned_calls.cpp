#include "dsl/launch/planned_calls.h"

namespace tegula::detail {
namespace {

/// Few thousand bytes each, once used. One place for each call: what falls on the same place takes
/// turns, which costs a lookup each time and nothing else.
constexpr std::size_t places = 64;

thread_local bool ended = false;  // may be read to the thread's very end
struct Calls {
  std::array<std::unique_ptr<PlannedCall>, places> at;
  ~Calls() { ended = true; }
};

/// Null if this thread keeps no more plans.
PlannedCall* place_of(const CallIdentity& identity, std::span<const KernelArgument> arguments) {
  thread_local Calls calls;
  if (ended) return nullptr;
  std::uint64_t hash = identity.kernel[0];
  for (const KernelArgument& argument : arguments)
    for (const std::int64_t extent : argument.tensor.shape)
      hash = (hash ^ static_cast<std::uint64_t>(extent)) * 0x9e3779b97f4a7c15u;
  std::unique_ptr<PlannedCall>& place = calls.at[(hash >> 32) % places];
  if (place == nullptr) place = std::make_unique<PlannedCall>();
  return place.get();
}

}  // namespace

PlannedCallPlace::PlannedCallPlace(const CallIdentity& identity,
                                   std::span<const KernelArgument> arguments)
    : call_(place_of(identity, arguments)) {
  if (call_ == nullptr || call_->taken) {
    own_ = std::make_unique<PlannedCall>();
    call_ = own_.get();
  }
  call_->taken = true;
}

}  // namespace tegula::detail
