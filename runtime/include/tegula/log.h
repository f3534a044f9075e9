// The library's log: warnings that fail no call, and more on request.
#pragma once

#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)
namespace tegula {

enum class LogLevel : std::uint8_t {
  error,
  warn,   ///< something is wrong, but no call fails
  info,   ///< devices opened; kernels compiled, why and for how long, or read from disk
  debug,  ///< keys and files of kernels; every launch, with its grid
};

/// The most verbose level that is logged: TEGULA_LOG (error, warn, info, debug), read once, else
/// warn.
LogLevel log_level();
/// Overrides TEGULA_LOG. Returns the level before.
LogLevel set_log_level(LogLevel level);
/// Writes "tegula: warning: TEXT", one line, to standard error, if `level` is logged. Thread-safe;
/// never throws.
void log(LogLevel level, std::string_view text) noexcept;

/// Receives the lines instead of standard error; it must not throw. It should not launch kernels: a
/// line may be about a kernel that is being made, and launching that one is an Error{environment}.
/// Null restores standard error. Returns the sink before.
using LogSink = void (*)(LogLevel level, std::string_view text);
LogSink set_log_sink(LogSink sink);

}  // namespace tegula
#pragma GCC visibility pop
