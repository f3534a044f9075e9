// Counts what the program takes from the heap.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

std::atomic<std::uint64_t> allocations{0};

void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* data = std::malloc(bytes)) return data;
  throw std::bad_alloc();
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
