#include "tegula/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

namespace tegula {
namespace {

constexpr std::array<std::string_view, 4> names = {"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 4> prefixes = {"error: ", "warning: ", "", "debug: "};

void to_standard_error(LogLevel level, std::string_view text) {
  std::string line = "tegula: ";
  line += prefixes[static_cast<std::size_t>(level)];
  line += text;
  line += '\n';
  // One write: lines of several threads and processes do not mix.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::atomic<LogSink> current_sink{&to_standard_error};

constexpr int not_read_yet = -1;
std::atomic<int> level{not_read_yet};

LogLevel read_level() {
  const char* value = std::getenv("TEGULA_LOG");
  const std::string_view name = value != nullptr ? value : "";
  const auto known = std::find(names.begin(), names.end(), name);
  const auto chosen =
      known != names.end() ? static_cast<LogLevel>(known - names.begin()) : LogLevel::warn;
  int expected = not_read_yet;
  const bool first = level.compare_exchange_strong(expected, static_cast<int>(chosen));
  if (first && known == names.end() && !name.empty())
    log(LogLevel::warn, "TEGULA_LOG=" + std::string(name) +
                            " is no level (wanted error, warn, info or debug); warn is used");
  return static_cast<LogLevel>(level.load());
}

}  // namespace

LogLevel log_level() {
  const int known = level.load(std::memory_order_relaxed);
  return known != not_read_yet ? static_cast<LogLevel>(known) : read_level();
}

LogLevel set_log_level(LogLevel chosen) {
  const LogLevel before = log_level();
  level.store(static_cast<int>(chosen));
  return before;
}

void log(LogLevel at, std::string_view text) noexcept {
  if (at > log_level()) return;
  try {
    current_sink.load()(at, text);
  } catch (...) {  // out of memory: the line is lost, but the call goes on
  }
}

LogSink set_log_sink(LogSink sink) {
  return current_sink.exchange(sink != nullptr ? sink : &to_standard_error);
}

}  // namespace tegula
