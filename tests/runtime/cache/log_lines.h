// What the library says while this lives.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "tegula/log.h"

namespace tegula::testing {

class LogLines {
 public:
  LogLines() {
    lines().clear();
    before_ = set_log_sink([](LogLevel, std::string_view text) {
      const std::lock_guard lock(mutex());
      lines().emplace_back(text);
    });
  }
  ~LogLines() { set_log_sink(before_); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::size_t size() const { return lines().size(); }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines()) all += line + "\n";
    return all;
  }

 private:
  static std::mutex& mutex() {
    static std::mutex instance;
    return instance;
  }
  static std::vector<std::string>& lines() {
    static std::vector<std::string> instance;
    return instance;
  }
  LogSink before_ = nullptr;
};

}  // namespace tegula::testing
