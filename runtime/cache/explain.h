// Why the cache does not hold a kernel: what tells the kernel that is wanted from the nearest one
// that it does hold.
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
    damaged,  ///< there is a file under its name, which is not sound
    miss,     ///< the nearest of the same name differs by `differences`
    unknown,  ///< no kernel of that name is held
  };
  Outcome outcome = Outcome::unknown;
  std::string file;     ///< its file, or that of the nearest
  std::string problem;  ///< damaged: what is wrong with it
  std::vector<Difference> differences;
};

/// Looks at every file of the directories, in their order.
Explanation explain(const Key& wanted, const std::vector<std::unique_ptr<Directory>>& directories);

}  // namespace tegula::cache
