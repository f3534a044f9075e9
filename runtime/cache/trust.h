// Whose kernels are run: owner and mode of a directory, and of each file in it, decide.
#pragma once

#include <sys/stat.h>

#include <string>

namespace tegula::cache {

/// What stands against believing a directory or file that is open; "" if nothing does. Believed is
/// what belongs to this user or to root and what nobody else can write. `shared`: also what belongs
/// to a group that this process is of, which then may write it. What anybody can write never is.
std::string distrust(const struct stat& status, bool shared);

/// Whether it belongs to this user or to root, who can do anything anyway.
bool is_ours(const struct stat& status);

}  // namespace tegula::cache
