// What libtegula_compiler.so shows of itself (compiler/driver/library.map hides the rest).
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

/// A compile has been left where it ran out of memory: LLVM may hold locks for ever, and has begun
/// things that it will not end.
std::atomic<bool> damaged{false};

int answer_whole(std::span<const std::byte> question, void** reply, std::size_t* reply_size) {
  try {
    const auto bytes = format::reply([&] { return compiler::answer(question); });
    void* copy = std::malloc(bytes.size());
    if (copy == nullptr) return format::compiler_no_memory;
    std::memcpy(copy, bytes.data(), bytes.size());
    *reply = copy;
    *reply_size = bytes.size();
    return format::compiler_replied;
  } catch (...) {  // no memory: reply() has made bytes of all else
    return format::compiler_no_memory;
  }
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] const char* tegula_compiler_identity() {
  return TEGULA_COMPILER_IDENTITY;
}

[[gnu::visibility("default")]] int tegula_compiler_answer(const void* question, std::size_t size,
                                                          void** reply, std::size_t* reply_size) {
  if (damaged) return tegula::format::compiler_damaged;
  std::jmp_buf place;
  // Nothing here has a destructor that would be skipped.
  if (setjmp(place) != 0) {
    damaged = true;
    return tegula::format::compiler_no_memory;
  }
  tegula::compiler::way_out = &place;
  const int status =
      answer_whole({static_cast<const std::byte*>(question), size}, reply, reply_size);
  tegula::compiler::way_out = nullptr;
  return status;
}

[[gnu::visibility("default")]] void tegula_compiler_release(void* reply) { std::free(reply); }

}  // extern "C"

// They are what the runtime takes them for.
static_assert(
    std::is_same_v<decltype(&tegula_compiler_identity), tegula::format::CompilerIdentity>);
static_assert(std::is_same_v<decltype(&tegula_compiler_answer), tegula::format::CompilerAnswer>);
static_assert(std::is_same_v<decltype(&tegula_compiler_release), tegula::format::CompilerRelease>);
