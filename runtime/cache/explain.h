// Why the cache does not hold a kernel: how the kernel that is wanted differs from the nearest one
// in the cache.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/cache/directory.h"
#include "runtime/cache/key.h"

namespace tegula::cache {

struct Difference {
  std::string fact;  ///< "x", "config.bn", "arch", "compiler", "program"
  std::string wanted, cached;
};

struct Explanation {
  enum class Outcome : std::uint8_t {
    hit,      ///< a launch would read it
    damaged,  ///< there is a file under its name, but it is damaged
    miss,     ///< the nearest of the same name differs by `differences`
    unknown,  ///< there is no kernel of that name
  };
  Outcome outcome = Outcome::unknown;
  std::string file;     ///< its file, or that of the nearest
  std::string problem;  ///< damaged: what is wrong with it
  std::vector<Difference> differences;
};

/// Examines every file of the directories, in their order.
Explanation explain(const Key& wanted, const std::vector<std::unique_ptr<Directory>>& directories);

}  // namespace tegula::cache
