// Errors that name an op's arguments as its own signature does.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "tegula/error.h"

namespace tegula::ops {

struct ArgumentName {
  std::string_view inner, outer;
};

/// What `call` gives. An argument that its Error names by an inner name gets its outer one.
template <class Call>
auto with_names(std::span<const ArgumentName> names, const Call& call) {
  try {
    return call();
  } catch (const Error& error) {
    ErrorDetails details = error.details();
    const auto name = std::ranges::find(names, details.argument, &ArgumentName::inner);
    if (name == names.end()) throw;
    details.argument = name->outer;
    throw Error(error.code(), details);
  }
}

}  // namespace tegula::ops
