// A heap of the C library's whose N-th allocation fails. Linked into a program, or loaded before
// one (LD_PRELOAD) with the number in TEGULA_TEST_FAIL_AT.
#include "tests/compiler/driver/failing_malloc.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

std::atomic<long> asked{0};
std::atomic<long> fails_at{0};  // 0: none does

bool fails() {
  if (fails_at.load(std::memory_order_relaxed) == 0) return false;
  if (++asked != fails_at) return false;
  errno = ENOMEM;
  return true;
}

[[gnu::constructor]] void read_environment() {
  if (const char* number = std::getenv("TEGULA_TEST_FAIL_AT")) fail_allocation(std::atol(number));
}

}  // namespace

void fail_allocation(long nth) {
  asked = 0;
  fails_at = nth;
}
long allocations_asked() { return asked; }

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* data, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept { return fails() ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* data, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_realloc(data, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}

}  // extern "C"
