// Errors that name an op's arguments as its own signature does.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "tegula/error.h"

namespace tegula::ops {

struct ArgumentName {
  std::string_view inner, outer;
};

/// `text` in which "of x" has become "of x0", and so for every name, where x is a whole word.
std::string with_outer_names(std::span<const ArgumentName> names, std::string text);

/// What `call` gives. An argument that its Error names, or wants something to be
/// like, by an inner name gets its outer one.
template <class Call>
auto with_names(std::span<const ArgumentName> names, const Call& call) {
  try {
    return call();
  } catch (const Error& error) {
    ErrorDetails details = error.details();
    const auto name = std::ranges::find(names, details.argument, &ArgumentName::inner);
    if (name != names.end()) details.argument = name->outer;
    details.wanted = with_outer_names(names, std::move(details.wanted));
    throw Error(error.code(), details);
  }
}

}  // namespace tegula::ops
