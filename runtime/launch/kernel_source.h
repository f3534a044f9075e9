// Where a kernel comes from when it is not ready in this process: the cache on disk, else the
// compiler.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/key.h"
#include "runtime/launch/ready_kernel.h"

namespace tegula::runtime {

/// A kernel as it was just traced.
struct TracedKernel {
  cache::Key key;
  std::vector<std::byte> program;  ///< serialised
  std::vector<SourceLocation> locations;
  double trace_ms = 0;
};

/// What TEGULA_JIT says about compiling at run time: auto (the default), warn (compile, with a
/// warning), forbid (a kernel that is not in the cache is an error). Throws Error{invalid_argument}
/// for another value.
enum class JitMode : std::uint8_t { automatic, warn, forbid };
JitMode jit_mode();

/// Finds the kernel on disk or compiles it, and loads it. An entry from disk that the device
/// refuses is set aside, and the kernel compiled once more. If several processes want the same
/// kernel, usually only one compiles it. Throws what compiling and loading throw, and
/// Error{environment} where compiling is forbidden, with the manifest line that would have built
/// the kernel ahead. Throws Error{invalid_argument} for an invalid TEGULA_JIT or TEGULA_COMPILE,
/// even if nothing has to be compiled.
std::shared_ptr<const ReadyKernel> make_ready(
    Device& device, const TracedKernel& traced,
    cache::DiskCache& disk = cache::DiskCache::instance());

}  // namespace tegula::runtime
