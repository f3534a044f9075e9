#include "runtime/cache/trust.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace tegula::cache {
namespace {

/// Asks only the operating system's kernel: user databases may be slow, or wait for a lock of this
/// process.
bool is_own_group(gid_t group) {
  if (group == ::getegid()) return true;
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return false;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  const int got = ::getgroups(count, groups.data());
  return got > 0 && std::find(groups.begin(), groups.begin() + got, group) != groups.begin() + got;
}

}  // namespace

bool is_ours(const struct stat& status) {
  return status.st_uid == ::geteuid() || status.st_uid == 0;
}

std::string distrust(const struct stat& status, bool shared) {
  const bool group_writes = (status.st_mode & S_IWGRP) != 0;
  std::string why;
  if ((status.st_mode & S_IWOTH) != 0)
    why = "anybody can write it";
  else if (is_ours(status) && !group_writes)
    return {};
  else if (shared && is_own_group(status.st_gid))
    return {};
  else if (shared)
    why = "this user is not of its group";
  else if (!is_ours(status))
    why = "it is another user's (TEGULA_CACHE_SHARED=1 trusts those of one's own groups)";
  else
    why = "its group can write it (TEGULA_CACHE_SHARED=1 trusts one's own groups)";
  return fmt::format("others could plant kernels, as {}: user {}, group {}, mode {:o}", why,
                     status.st_uid, status.st_gid, status.st_mode & 07777);
}

}  // namespace tegula::cache
