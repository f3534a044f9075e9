// What libtegula_compiler.so exports (compiler/driver/library.map hides the rest).
#include <atomic>
#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "compiler/driver/library_memory.h"
#include "runtime/cache/build_identity.h"
#include "runtime/format/compiler_abi.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compiler.h"

namespace {

using namespace tegula;

/// A compile was abandoned where it ran out of memory: LLVM may hold locks for ever, and its state
/// may be half changed.
std::atomic<bool> damaged{false};

int reply_to(std::span<const std::byte> request, void** reply, std::size_t* reply_size) {
  try {
    const auto bytes = format::reply([&] { return compiler::serve(request); });
    void* copy = std::malloc(bytes.size());
    if (copy == nullptr) return format::compiler_no_memory;
    std::memcpy(copy, bytes.data(), bytes.size());
    *reply = copy;
    *reply_size = bytes.size();
    return format::compiler_replied;
  } catch (...) {  // no memory: reply() turns all other exceptions into bytes
    return format::compiler_no_memory;
  }
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] const char* tegula_compiler_identity() {
  return cache::build_identity();
}

[[gnu::visibility("default")]] int tegula_compiler_call(const void* request, std::size_t size,
                                                        void** reply, std::size_t* reply_size) {
  if (damaged) return tegula::format::compiler_damaged;
  std::jmp_buf out_of_memory;
  // Nothing here has a destructor that would be skipped.
  if (setjmp(out_of_memory) != 0) {
    damaged = true;
    return tegula::format::compiler_no_memory;
  }
  tegula::compiler::way_out = &out_of_memory;
  const int status = reply_to({static_cast<const std::byte*>(request), size}, reply, reply_size);
  tegula::compiler::way_out = nullptr;
  return status;
}

[[gnu::visibility("default")]] void tegula_compiler_release(void* reply) { std::free(reply); }

}  // extern "C"

// They have the types that the runtime expects.
static_assert(
    std::is_same_v<decltype(&tegula_compiler_identity), tegula::format::CompilerIdentity>);
static_assert(std::is_same_v<decltype(&tegula_compiler_call), tegula::format::CompilerCall>);
static_assert(std::is_same_v<decltype(&tegula_compiler_release), tegula::format::CompilerRelease>);
