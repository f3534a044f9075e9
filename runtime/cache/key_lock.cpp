#include "runtime/cache/key_lock.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace tegula::cache {
namespace {

using std::chrono::milliseconds;

/// Descriptors of locks that are held, plus one; 0 is a free slot. A forked child must close them,
/// and may take no lock to do so; descriptors beyond the slots merely stay open in the child.
std::array<std::atomic<int>, 256> held{};

void close_in_child() {
  for (std::atomic<int>& place : held)
    if (const int descriptor = place.exchange(0) - 1; descriptor >= 0) ::close(descriptor);
}

void remember(int descriptor) {
  static const int once = ::pthread_atfork(nullptr, nullptr, &close_in_child);
  static_cast<void>(once);
  for (std::atomic<int>& place : held)
    if (int free = 0; place.compare_exchange_strong(free, descriptor + 1)) return;
}

void forget(int descriptor) {
  for (std::atomic<int>& place : held)
    if (int taken = descriptor + 1; place.compare_exchange_strong(taken, 0)) return;
}

}  // namespace

KeyLock::KeyLock(Directory* directory, const Identity& identity, milliseconds patience) {
  if (directory == nullptr) return;
  File file = directory->open_for_locking(lock_file);
  if (!file) return;
  const off_t byte = static_cast<off_t>(std::stoul(name_of(identity).substr(0, 8), nullptr, 16));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  milliseconds pause{1};
  for (bool first = true;; first = false) {
    if (FileSystem::current().lock(file.get(), byte) == 0) {
      outcome_ = first ? Outcome::alone : Outcome::waited;
      descriptor_ = file.release();
      remember(descriptor_);
      return;
    }
    if (errno != EAGAIN && errno != EACCES) return;  // a file system without locks
    if (std::chrono::steady_clock::now() >= deadline) {
      outcome_ = Outcome::timed_out;
      return;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, milliseconds{20});
  }
}

KeyLock::~KeyLock() {
  if (descriptor_ < 0) return;
  forget(descriptor_);
  FileSystem::current().close(descriptor_);
}

}  // namespace tegula::cache
