// One process compiles, the others wait: a lock on a byte of one file. It only saves work; whoever
// cannot have it compiles all the same.
#pragma once

#include <chrono>

#include "runtime/cache/directory.h"
#include "runtime/cache/key.h"

namespace tegula::cache {

class KeyLock {
 public:
  enum class Outcome : std::uint8_t {
    alone,      ///< had at once
    waited,     ///< had after another process let go: what it made may be there now
    timed_out,  ///< another process holds it
    none,       ///< no locks here
  };

  /// Waits for at most `patience`. Released by the destructor, by the end of the process, and in a
  /// forked child at once, so that a child does not hold what its parent has let go.
  KeyLock(Directory* directory, const Identity& identity, std::chrono::milliseconds patience);
  ~KeyLock();
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;

  Outcome outcome() const { return outcome_; }

 private:
  int descriptor_ = -1;
  Outcome outcome_ = Outcome::none;
};

inline constexpr const char* lock_file = "lock";

}  // namespace tegula::cache
