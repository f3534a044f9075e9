// A call of an op: one that is kept, or checks, plan and launches.
#include "ops/core/plan_state.h"

namespace tegula {
namespace {

/// What every call is asked: scalars, and what no key holds.
void check_every_call(const OpData& op, Stream& stream, const void* arguments, Scalars& scalars) {
  const OpChecks checks(op.name, *stream.device());
  std::size_t next = 0;
  for (const OpScalars& group : op.scalars) {
    group.get(arguments, checks, &scalars[next]);
    next += group.list.size();
  }
  for (const auto& check : op.every_call) check(stream, arguments, checks);
}

}  // namespace

void OpBase::call(Stream& stream, const void* arguments, void* result,
                  ConfigOverrides overrides) const {
  const OpData& op = *data_;
  const CallView call(op, arguments);
  const KeptCallPlace place(op, call);
  KeptCall& kept = *place;
  Scalars scalars;
  if (overrides.empty() && kept.serves(op, stream, call)) {
    check_every_call(op, stream, arguments, scalars);
    return kept.run(op, stream, call, scalars, result, false);
  }
  PlanMaker maker(op, stream, arguments, call, overrides, kept);
  maker.check_inputs();
  check_every_call(op, stream, arguments, scalars);
  maker.make();
  kept.run(op, stream, call, scalars, result, true);
  if (!overrides.empty()) return;
  kept.shape.remember(call.tensors(), op.tensors.size(), call.key());
  kept.op = op.number;
}

}  // namespace tegula
