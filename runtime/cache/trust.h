// Whose kernels are run: decided by owner and mode of a directory, and of each file in it.
#pragma once

#include <sys/stat.h>

#include <string>

namespace tegula::cache {

/// Why an open directory or file is not trusted; "" if it is. Trusted is what belongs to this user
/// or to root and nobody else can write. `shared`: what belongs to a group of this process is
/// trusted too, and that group may write it. What everybody can write is never trusted.
std::string distrust(const struct stat& status, bool shared);

/// Whether it belongs to this user or to root, who can do anything anyway.
bool is_ours(const struct stat& status);

}  // namespace tegula::cache
