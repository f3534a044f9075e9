// print and assert_that.
#include "tegula/dsl/debug.h"

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/core/tracer.h"

namespace tegula {

using detail::Tracer;
using detail::ValueId;
using program::Op;

namespace detail {

void print_values(const Message& message, std::initializer_list<const Handle*> values) {
  Tracer& tracer = Tracer::here(message.at);
  const int wanted = program::count_placeholders(message.text);
  if (wanted < 0)
    fail(message.at, {.problem = "a brace stands alone in a message",
                      .got = std::string(message.text),
                      .hint = "{} stands for a value, {{ and }} for the braces themselves"});
  if (static_cast<std::size_t>(wanted) != values.size())
    fail(message.at, {.problem = "print has not one {} for each value",
                      .got = fmt::format("{} {{}} and {} values", wanted, values.size())});
  if (values.size() > program::max_printed_values)
    fail(message.at, {.problem = "print takes too many values",
                      .got = std::to_string(values.size()),
                      .wanted = fmt::format("at most {}", program::max_printed_values),
                      .hint = "use two prints"});
  std::vector<ValueId> operands;
  for (const Handle* value : values)
    operands.push_back(tracer.use(value->value(), value->tracer(), message.at));
  tracer.emit_all(Op::print, std::move(operands), {}, message.at, {tracer.message(message.text)});
}

}  // namespace detail

void assert_that(MaskOperand mask, detail::Message message) {
  Tracer& tracer = Tracer::here(mask.at());
  const ValueId value = tracer.use(mask.value(), mask.tracer(), mask.at());
  tracer.emit_all(Op::assert_that, {value}, {}, mask.at(), {tracer.message(message.text)});
}

}  // namespace tegula
