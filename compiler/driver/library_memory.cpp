#include "compiler/driver/library_memory.h"

#include <cstddef>
#include <cstring>
#include <new>

#include "llvm/Support/ErrorHandling.h"

namespace tegula::compiler {

thread_local std::jmp_buf* way_out = nullptr;

namespace {

void leave() {
  if (std::jmp_buf* target = way_out) {
    way_out = nullptr;
    std::longjmp(*target, 1);
  }
}

/// For what LLVM notices itself, such as sizes that overflow.
[[maybe_unused]] const bool told_llvm =
    (llvm::install_bad_alloc_error_handler([](void*, const char*, bool) {
       leave();
       throw std::bad_alloc();
     }),
     true);

}  // namespace
}  // namespace tegula::compiler

using tegula::compiler::leave;

// The linker gives calls of NAME to __wrap_NAME; __real_NAME is the process's.
extern "C" {

void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* data, std::size_t size);
char* __real_strdup(const char* text);
void* __real__Znwm(std::size_t size);
void* __real__Znam(std::size_t size);
void* __real__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t&) noexcept;
void* __real__ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::align_val_t alignment,
                                                const std::nothrow_t&) noexcept;

void* __wrap_malloc(std::size_t size) {
  void* data = __real_malloc(size);
  if (data == nullptr && size != 0) leave();
  return data;
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  void* data = __real_calloc(count, size);
  if (data == nullptr && count != 0 && size != 0) leave();
  return data;
}
void* __wrap_realloc(void* data, std::size_t size) {
  void* moved = __real_realloc(data, size);
  if (moved == nullptr && size != 0) leave();
  return moved;
}
char* __wrap_strdup(const char* text) {
  char* copy = __real_strdup(text);
  if (copy == nullptr) leave();
  return copy;
}
void* __wrap__Znwm(std::size_t size) {
  try {
    return __real__Znwm(size);
  } catch (const std::bad_alloc&) {
  }
  leave();
  throw std::bad_alloc();
}
void* __wrap__Znam(std::size_t size) {
  try {
    return __real__Znam(size);
  } catch (const std::bad_alloc&) {
  }
  leave();
  throw std::bad_alloc();
}
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& nothrow) noexcept {
  void* data = __real__ZnwmRKSt9nothrow_t(size, nothrow);
  if (data == nullptr) leave();
  return data;
}
void* __wrap__ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::align_val_t alignment,
                                                const std::nothrow_t& nothrow) noexcept {
  void* data = __real__ZnwmSt11align_val_tRKSt9nothrow_t(size, alignment, nothrow);
  if (data == nullptr) leave();
  return data;
}

}  // extern "C"
