// Printing and asserting on the device.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string_view>

#include "tegula/dsl/tile.h"

namespace tegula {

namespace detail {
/// A text with the author's line.
struct Message {
  Message(const char* message, std::source_location place = std::source_location::current())
      : text(message), at(place) {}
  std::string_view text;
  std::source_location at;
};
void print_values(const Message& message, std::initializer_list<const Handle*> values);
}  // namespace detail

/// Prints a line for each block: `print("row {} sum {}", r, total)`. Each {} takes one tile or
/// mask, whole; {{ and }} print braces. Slow: for looking into a kernel, not for results.
template <std::derived_from<detail::Handle>... T>
void print(detail::Message message, const T&... values) {
  detail::print_values(message, {static_cast<const detail::Handle*>(&values)...});
}

/// Every element of the mask is true, or the launch fails with `message`, the author's line, and
/// the place of the first element that is not. On the simulator it always checks; on a GPU it
/// costs what it costs.
void assert_that(MaskOperand mask, detail::Message message);

}  // namespace tegula
