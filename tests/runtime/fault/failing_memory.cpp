#include "tests/runtime/fault/failing_memory.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace tegula::testing {
namespace {

thread_local int remaining = 0;  // 0: none fails
thread_local bool has_failed = false;
std::atomic<long> live_count{0};

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (remaining > 0 && --remaining == 0) {
    has_failed = true;
    return nullptr;
  }
  void* data = alignment == 0
                   ? std::malloc(bytes)
                   : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (data != nullptr) live_count.fetch_add(1, std::memory_order_relaxed);
  return data;
}
void* allocate_or_throw(std::size_t bytes, std::size_t alignment) {
  if (void* data = allocate(bytes, alignment)) return data;
  throw std::bad_alloc();
}
void deallocate(void* data) {
  if (data != nullptr) live_count.fetch_sub(1, std::memory_order_relaxed);
  std::free(data);
}

}  // namespace

FailingMemory::FailingMemory(int nth) {
  has_failed = false;
  remaining = nth;
}
void FailingMemory::stop() { remaining = 0; }
bool FailingMemory::failed() { return has_failed; }
long FailingMemory::live() { return live_count.load(); }

}  // namespace tegula::testing

using tegula::testing::allocate_or_throw;

void* operator new(std::size_t bytes) { return allocate_or_throw(bytes, 0); }
void* operator new[](std::size_t bytes) { return allocate_or_throw(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return tegula::testing::allocate(bytes, 0);
}
void operator delete(void* data) noexcept { tegula::testing::deallocate(data); }
void operator delete[](void* data) noexcept { tegula::testing::deallocate(data); }
void operator delete(void* data, std::size_t) noexcept { tegula::testing::deallocate(data); }
void operator delete[](void* data, std::size_t) noexcept { tegula::testing::deallocate(data); }
void operator delete(void* data, std::align_val_t) noexcept { tegula::testing::deallocate(data); }
void operator delete(void* data, std::size_t, std::align_val_t) noexcept {
  tegula::testing::deallocate(data);
}
void operator delete(void* data, const std::nothrow_t&) noexcept {
  tegula::testing::deallocate(data);
}
