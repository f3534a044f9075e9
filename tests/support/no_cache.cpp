// Tests run without a cache on disk, but for those that make one of their own: what they see is
// what this build compiles, and the user's cache, where some would leave kernels of a pretended
// compiler, stays as it is.
#include <cstdlib>

namespace {
[[maybe_unused]] const int off = ::setenv("TEGULA_CACHE_DIR", "", 0);
}
