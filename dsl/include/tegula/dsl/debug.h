// Printing and asserting on the device.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string_view>

#include "tegula/dsl/tile.h"

#pragma GCC visibility push(default)
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
/// mask, at most 4 of them; {{ and }} print braces. Only the first 64 elements of a tile are
/// printed, in row-major order. On a GPU other blocks may interrupt a line of more than 32 numbers,
/// and floats have 6 digits. Slow: for debugging a kernel, not for results.
template <std::derived_from<detail::Handle>... T>
void print(detail::Message message, const T&... values) {
  detail::print_values(message, {static_cast<const detail::Handle*>(&values)...});
}

/// Unless every element of the mask is true the launch fails with `message`, the author's line, and
/// the block, warp and lane of an element that is false. On a GPU that ends the context, as CUDA's
/// own assert does.
void assert_that(MaskOperand mask, detail::Message message);

}  // namespace tegula
#pragma GCC visibility pop
