// A compiler that takes a while, counts its runs over all processes, and gives sample entries.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "tegula/compile.h"
#include "tests/runtime/cache/sample_kernel.h"

namespace tegula::testing {

class CountingCompiler {
 public:
  CountingCompiler(std::string count_file, int milliseconds) {
    file() = std::move(count_file);
    pause() = milliseconds;
    before_ = set_compile_function(&compile);
  }
  ~CountingCompiler() { set_compile_function(before_); }
  CountingCompiler(const CountingCompiler&) = delete;
  CountingCompiler& operator=(const CountingCompiler&) = delete;

  int runs() const {
    struct stat status {};
    return ::stat(file().c_str(), &status) == 0 ? static_cast<int>(status.st_size) : 0;
  }

 private:
  static std::string& file() {
    static std::string instance;
    return instance;
  }
  static int& pause() {
    static int instance = 0;
    return instance;
  }
  static std::vector<std::byte> compile(std::span<const std::byte> request) {
    const int count = ::open(file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (count >= 0) {
      [[maybe_unused]] const auto written = ::write(count, "x", 1);
      ::close(count);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pause()));
    const auto program = read_compile_request(request).program;
    return sample_bytes(static_cast<std::uint64_t>(program.at(0)));
  }
  CompileFunction before_ = nullptr;
};

/// The traced kernel that CountingCompiler makes sample entry `number` of.
inline runtime::TracedKernel traced_sample(std::uint64_t number) {
  return {sample_key(number), {static_cast<std::byte>(number)}, {}, 0.1};
}

}  // namespace tegula::testing
