// What the library says beside its results: warnings that fail no call, and on request more.
#pragma once

#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)
namespace tegula {

enum class LogLevel : std::uint8_t {
  error,
  warn,   ///< what fails no call, but is not as it should be
  info,   ///< devices opened; kernels compiled, why and for how long, or read from disk
  debug,  ///< keys and files of kernels; every launch, with its grid
};

/// The most talkative level that is let through: TEGULA_LOG (error, warn, info, debug), read once,
/// else warn.
LogLevel log_level();
/// Takes the place of TEGULA_LOG. Returns the level before it.
LogLevel set_log_level(LogLevel level);
/// "tegula: warning: TEXT", one line on standard error, if `level` is let through. Thread-safe;
/// never throws.
void log(LogLevel level, std::string_view text) noexcept;

/// Takes the lines instead of standard error; it must not throw. It should not launch kernels: a line
/// may speak of a kernel in the making, and to launch that one is an Error{environment}. Null
/// restores standard error.
/// Returns the sink before it.
using LogSink = void (*)(LogLevel level, std::string_view text);
LogSink set_log_sink(LogSink sink);

}  // namespace tegula
#pragma GCC visibility pop
