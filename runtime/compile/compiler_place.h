// Where the other parts of an installed Tegula are: found from where this code lies, and nowhere
// else. No environment variable and no search path names them, for they are code.
#pragma once

#include <string>
#include <vector>

namespace tegula::runtime {

/// The directory of the library, or program, that this code is a part of; "" if it cannot be told.
std::string own_directory();

/// `places_of`, for an error.
std::string list_places(const std::string& name, const char* relative);

/// Where `name` may be: beside this code, and in the directory that an installation has for it
/// (`relative` to this code's).
std::vector<std::string> places_of(const std::string& name, const char* relative);

}  // namespace tegula::runtime
