// The compiler's build.
#pragma once

namespace tegula::cache {

/// What tells apart this build's compiler from others: LLVM's version and a hash of the compiler's
/// sources. Written by cmake/BuildIdentity.cmake when those change.
const char* build_identity();

}  // namespace tegula::cache
