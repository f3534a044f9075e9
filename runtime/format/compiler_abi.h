// The C interface of libtegula_compiler.so: all of it that can be seen. Questions and replies are
// the bytes of runtime/format/compiler_call.h.
#pragma once

#include <cstddef>

namespace tegula::format {

extern "C" {

/// The compiler's build, as the cache's keys have it: a runtime of another build must not ask it.
using CompilerIdentity = const char* (*)();
/// Sets `reply` and `reply_size` and returns 0; returns 1 where there was no memory for a reply.
/// Thread-safe.
using CompilerAnswer = int (*)(const void* question, std::size_t size, void** reply,
                               std::size_t* reply_size);
/// Frees a reply. Null is allowed.
using CompilerRelease = void (*)(void* reply);

}  // extern "C"

inline constexpr const char* compiler_identity_symbol = "tegula_compiler_identity";
inline constexpr const char* compiler_answer_symbol = "tegula_compiler_answer";
inline constexpr const char* compiler_release_symbol = "tegula_compiler_release";

}  // namespace tegula::format
