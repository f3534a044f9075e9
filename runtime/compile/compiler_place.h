// Where the other parts of an installed Tegula are: looked for relative to this code and nowhere
// else. As they are code themselves, no environment variable and no search path leads to them.
#pragma once

#include <string>
#include <vector>

namespace tegula::runtime {

/// The directory of the library, or program, that this code is a part of; "" if it is not known.
std::string own_directory();

/// The candidates, as text for an error.
std::string list_candidates(const std::string& name, const char* relative);

/// Where `name` may be: beside this code, and in the directory that an installation has for it
/// (`relative` to this code's).
std::vector<std::string> candidates(const std::string& name, const char* relative);

}  // namespace tegula::runtime
