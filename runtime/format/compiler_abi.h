// The C interface of libtegula_compiler.so: all that the library exports. Requests and replies are
// the bytes of runtime/format/compiler_call.h.
#pragma once

#include <cstddef>

namespace tegula::format {

extern "C" {

/// The compiler's build, as in the cache's keys: a runtime of another build must not call it.
using CompilerIdentity = const char* (*)();
/// Sets `reply` and `reply_size` and returns compiler_replied, or returns another of the statuses
/// below. Thread-safe.
using CompilerCall = int (*)(const void* request, std::size_t size, void** reply,
                             std::size_t* reply_size);
/// Frees a reply. Null is allowed.
using CompilerRelease = void (*)(void* reply);

}  // extern "C"

inline constexpr int compiler_replied = 0;
/// There was not enough memory.
inline constexpr int compiler_no_memory = 1;
/// An earlier request was given up for lack of memory; the compiler cannot be called any more.
inline constexpr int compiler_damaged = 2;

inline constexpr const char* compiler_identity_symbol = "tegula_compiler_identity";
inline constexpr const char* compiler_call_symbol = "tegula_compiler_call";
inline constexpr const char* compiler_release_symbol = "tegula_compiler_release";

}  // namespace tegula::format
