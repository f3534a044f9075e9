// if_ and while_.
#include <fmt/format.h>

#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/tracer.h"
#include "tegula/dsl/loop.h"

namespace tegula {
namespace {

using detail::Tracer;
using detail::ValueId;

/// A condition's value. Throws Error{kernel} unless it is a scalar.
ValueId scalar_condition(const Tracer& tracer, const MaskOperand& condition, const char* what) {
  const ValueId value = tracer.use(condition.value(), condition.tracer(), condition.at());
  if (!tracer.type(value).shape.empty())
    detail::fail(condition.at(),
                 {.problem = fmt::format("the condition of {} is no scalar", what),
                  .got = to_string(tracer.type(value)),
                  .wanted = "i1",
                  .hint = "a block goes one way: reduce the mask with any or all and .squeeze() "
                          "it, or choose element by element with select"});
  return value;
}

}  // namespace

void while_(const std::function<Mask()>& condition, const std::function<void()>& body,
            std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  tracer.open_while(at);
  ValueId goes_on = detail::uninitialised;
  do {
    const Mask mask = condition();
    goes_on = scalar_condition(tracer, MaskOperand(mask, at), "a while_");
  } while (tracer.retrace({&goes_on, 1}));
  tracer.while_body(goes_on);
  do body();
  while (tracer.retrace());
  tracer.close_while();
}

void if_(MaskOperand condition, const std::function<void()>& then,
         const std::function<void()>& otherwise) {
  Tracer& tracer = Tracer::here(condition.at());
  tracer.open_if(scalar_condition(tracer, condition, "an if_"), condition.at());
  do
    if (then) then();
  while (tracer.retrace());
  tracer.else_branch();
  do
    if (otherwise) otherwise();
  while (tracer.retrace());
  tracer.close_if();
}

}  // namespace tegula
