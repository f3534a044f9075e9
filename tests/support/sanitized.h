// What the sanitizers change for a test: all takes longer, so less of the same is done.
#pragma once

namespace tegula::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// How many rounds of `count` to run: all of them, a tenth under a sanitizer.
constexpr int rounds(int count) { return sanitized ? (count + 9) / 10 : count; }

}  // namespace tegula::testing
