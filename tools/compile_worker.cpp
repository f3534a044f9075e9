// tegula-compile: one request to the compiler on standard input, its reply on standard output
// (runtime/format/compiler_call.h). What TEGULA_COMPILE=process starts.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runtime/compile/compiler_process.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compile.h"

namespace {

constexpr int status_usage = 2, status_environment = 3;

/// False on an error of reading.
bool read_all(int from, std::vector<std::byte>& bytes) {
  std::array<std::byte, 65536> buffer;
  while (true) {
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count == 0) return true;
    if (count > 0) bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + count);
    if (count < 0 && errno != EINTR) return false;
  }
}

bool write_all(int to, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(to, bytes.data(), bytes.size());
    if (count > 0) bytes = bytes.subspan(count);
    if (count < 0 && errno != EINTR) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1 || isatty(STDIN_FILENO)) {
    std::fputs(
        "usage: tegula-compile < REQUEST > REPLY\n"
        "Compiles one kernel for a program that runs with TEGULA_COMPILE=process.\n",
        stderr);
    return status_usage;
  }
  // What a library prints must not get among the reply's bytes.
  const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return status_environment;
  try {
    std::vector<std::byte> request;
    if (!read_all(STDIN_FILENO, request)) {
      std::fprintf(stderr, "tegula-compile: cannot read the request: %s\n", std::strerror(errno));
      return status_environment;
    }
    // Asked directly: call_compiler might start another process.
    const tegula::CompileFunction compiler = tegula::compile_function();
    const auto reply = tegula::format::reply([&] { return compiler(request); });
    if (write_all(out, tegula::runtime::signed_reply(reply))) return 0;
    std::fprintf(stderr, "tegula-compile: cannot write the reply: %s\n", std::strerror(errno));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tegula-compile: %s\n", error.what());
  }
  return status_environment;
}
