// What libtegula_compiler.so shows of itself (compiler/library.map hides the rest).
#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/cache/build_identity.h"
#include "runtime/format/compiler_abi.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compiler.h"

extern "C" {

[[gnu::visibility("default")]] const char* tegula_compiler_identity() {
  return TEGULA_COMPILER_IDENTITY;
}

[[gnu::visibility("default")]] int tegula_compiler_answer(const void* question, std::size_t size,
                                                          void** reply, std::size_t* reply_size) {
  try {
    const auto bytes = tegula::format::reply([&] {
      return tegula::compiler::answer({static_cast<const std::byte*>(question), size});
    });
    void* copy = std::malloc(bytes.size());
    if (copy == nullptr) return 1;
    std::memcpy(copy, bytes.data(), bytes.size());
    *reply = copy;
    *reply_size = bytes.size();
    return 0;
  } catch (...) {  // no memory: reply() has made bytes of all else
    return 1;
  }
}

[[gnu::visibility("default")]] void tegula_compiler_release(void* reply) { std::free(reply); }

}  // extern "C"

// They are what the runtime takes them for.
static_assert(
    std::is_same_v<decltype(&tegula_compiler_identity), tegula::format::CompilerIdentity>);
static_assert(std::is_same_v<decltype(&tegula_compiler_answer), tegula::format::CompilerAnswer>);
static_assert(std::is_same_v<decltype(&tegula_compiler_release), tegula::format::CompilerRelease>);
