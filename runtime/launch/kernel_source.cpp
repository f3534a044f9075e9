#include "runtime/launch/kernel_source.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "runtime/compile/compiler_process.h"
#include "runtime/launch/kernel_events.h"
#include "tegula/compile.h"
#include "tegula/log.h"

namespace tegula::runtime {
namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}
std::uint32_t microseconds(double milliseconds) {
  return static_cast<std::uint32_t>(milliseconds * 1000);
}

void check_jit(JitMode mode, const TracedKernel& traced) {
  if (mode == JitMode::automatic) return;
  const std::string line = cache::manifest_line(traced.key);
  if (mode == JitMode::warn) return log(LogLevel::warn, "compiled while running: " + line);
  throw Error(ErrorCode::environment,
              {.where = "TEGULA_JIT=forbid",
               .problem = "a kernel would have to be compiled",
               .got = line,
               .wanted = "a kernel that the cache holds",
               .hint = "run once with TEGULA_JIT=auto and this cache directory"});
}

struct Found {
  format::Entry entry;
  double compile_ms = 0;          ///< 0: from disk
  std::string_view why_compiled;  ///< for the log
};

/// A failure that is not the kernel's, such as a compiler process that dies, has no author's line:
/// the error then names the kernel.
std::vector<std::byte> compile_traced(const TracedKernel& traced) {
  try {
    return compile({traced.program, traced.key.identity.target});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::environment || !error.details().argument.empty()) throw;
    ErrorDetails details = error.details();
    details.argument = cache::manifest_line(traced.key);
    throw Error(error.code(), std::move(details));
  }
}

Found compile_and_store(JitMode mode, const TracedKernel& traced, cache::DiskCache& disk,
                        std::string_view why) {
  check_jit(mode, traced);
  if (compile_function() == nullptr)
    throw Error(ErrorCode::environment,
                {.where = "launch",
                 .problem = "this program has no kernel compiler, and the cache lacks the kernel",
                 .got = cache::manifest_line(traced.key),
                 .wanted = "a kernel that the cache holds",
                 .hint = "run once a program that is linked to tegula::tegula of the same build, "
                         "with this cache directory (TEGULA_CACHE_DIR); or link tegula::tegula "
                         "rather than tegula::runtime"});
  const auto start = Clock::now();
  const std::vector<std::byte> bytes = compile_traced(traced);
  Found found{format::read_entry(bytes), milliseconds_since(start), why};
  disk.store(traced.key, bytes, microseconds(traced.trace_ms), microseconds(found.compile_ms));
  return found;
}

Found find_or_compile(JitMode mode, const TracedKernel& traced, cache::DiskCache& disk) {
  const cache::Identity& identity = traced.key.identity;
  if (auto entry = disk.find(identity)) return {std::move(*entry)};
  const auto lock = disk.lock(identity);
  if (lock->outcome() == cache::KeyLock::Outcome::waited)
    if (auto entry = disk.find(identity)) return {std::move(*entry)};
  return compile_and_store(
      mode, traced, disk,
      disk.directories().empty() ? "the cache on disk is off" : "the cache on disk has none");
}

void log_found(const Device& device, const Found& found, double milliseconds) {
  if (log_level() < LogLevel::info) return;
  constexpr std::array<std::string_view, format::payload_kind_count> kinds = {"a cubin", "PTX",
                                                                              "an image"};
  const format::Entry& entry = found.entry;
  const std::string what = fmt::format("{} for {} ({}", entry.launch.function, device.name(),
                                       kinds[static_cast<std::size_t>(entry.payload_kind)]) +
                           (entry.assembler.empty() ? ")" : " by " + entry.assembler + ")");
  log(LogLevel::info,
      found.compile_ms > 0
          ? fmt::format("compiled {} in {:.1f} ms: none in memory, and {}", what, found.compile_ms,
                        found.why_compiled)
          : fmt::format("read {} from disk in {:.1f} ms: none in memory", what, milliseconds));
}

}  // namespace

JitMode jit_mode() {
  const char* value = std::getenv("TEGULA_JIT");
  const std::string_view mode = value != nullptr ? value : "auto";
  if (mode == "auto" || mode.empty()) return JitMode::automatic;
  if (mode == "warn") return JitMode::warn;
  if (mode == "forbid") return JitMode::forbid;
  throw Error(ErrorCode::invalid_argument, {.argument = "TEGULA_JIT",
                                            .problem = "no such mode",
                                            .got = std::string(mode),
                                            .wanted = "auto, warn or forbid"});
}

std::shared_ptr<const ReadyKernel> make_ready(Device& device, const TracedKernel& traced,
                                              cache::DiskCache& disk) {
  const auto start = Clock::now();
  if (log_level() >= LogLevel::debug)
    log(LogLevel::debug, fmt::format("key {}: {}", cache::name_of(traced.key.identity),
                                     cache::manifest_line(traced.key)));
  // Check both, whether or not anything will be compiled, so that a mistake shows at once.
  const JitMode mode = jit_mode();
  compiles_in_a_process();
  Found found = find_or_compile(mode, traced, disk);
  auto ready = std::make_shared<ReadyKernel>();
  try {
    ready->loaded = device.load(found.entry, traced.locations);
  } catch (const Error& error) {
    // Lack of memory, a lost device: another binary would not help.
    if (found.compile_ms > 0 || error.code() != ErrorCode::corrupt_data) throw;
    // The bytes are sound, but not for this device or driver: compile once more.
    disk.quarantine(traced.key.identity, error.what());
    found = compile_and_store(mode, traced, disk, "the device refused the one on disk");
    ready->loaded = device.load(found.entry, traced.locations);
  }
  log_found(device, found, milliseconds_since(start));
  const bool compiled = found.compile_ms > 0;
  if (compiled) count_compile(found.compile_ms);
  ready->entry = std::move(found.entry);
  ready->entry.payload = {};
  ready->source = compiled ? "compiled" : "disk";
  ready->compile_ms = found.compile_ms;
  return ready;
}

}  // namespace tegula::runtime
