// One process compiles, the others wait: a lock on a byte of one file. It only saves work; a
// process that cannot get it compiles all the same.
#pragma once

#include <chrono>

#include "runtime/cache/directory.h"
#include "runtime/cache/key.h"

namespace tegula::cache {

class KeyLock {
 public:
  enum class Outcome : std::uint8_t {
    alone,      ///< taken at once
    waited,     ///< taken after another process released it: the kernel may be there now
    timed_out,  ///< another process holds it
    none,       ///< locks do not work here
  };

  /// Waits for at most `patience`. Released by the destructor and at the end of the process; a
  /// forked child drops it at once, so that it does not hold a lock that its parent has released.
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
