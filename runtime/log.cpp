#include "tegula/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

namespace tegula {
namespace {

constexpr std::array<std::string_view, 4> names = {"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 4> prefixes = {"error: ", "warning: ", "", "debug: "};

LogLevel from_environment() {
  const char* value = std::getenv("TEGULA_LOG");
  for (std::size_t k = 0; value != nullptr && k < names.size(); ++k)
    if (names[k] == value) return static_cast<LogLevel>(k);
  return LogLevel::warn;
}

void to_standard_error(LogLevel level, std::string_view text) {
  std::string line = "tegula: ";
  line += prefixes[static_cast<std::size_t>(level)];
  line += text;
  line += '\n';
  // One write: lines of several threads and processes do not mix.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::atomic<LogSink> current_sink{&to_standard_error};

}  // namespace

LogLevel log_level() {
  static const LogLevel level = from_environment();
  return level;
}

void log(LogLevel level, std::string_view text) noexcept {
  if (level > log_level()) return;
  try {
    current_sink.load()(level, text);
  } catch (...) {  // out of memory: the line is lost, the call that it speaks of is not
  }
}

LogSink set_log_sink(LogSink sink) {
  return current_sink.exchange(sink != nullptr ? sink : &to_standard_error);
}

}  // namespace tegula
