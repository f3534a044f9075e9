#include "tools/common/standard_output.h"

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tegula/error.h"

namespace tegula::tools {
namespace {

[[noreturn]] void lost(int error) {
  throw Error(ErrorCode::environment, {.argument = "standard output",
                                       .problem = "it cannot be written",
                                       .got = error != 0 ? std::strerror(error) : ""});
}

}  // namespace

void put(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) lost(errno);
}

void finish_output() {
  errno = 0;
  if (std::fflush(stdout) != 0) lost(errno);
  if (std::ferror(stdout) != 0) lost(0);
  // Some file systems tell at the close alone what they could not keep.
  const int copy = ::dup(STDOUT_FILENO);
  if (copy >= 0 && ::close(copy) != 0) lost(errno);
}

}  // namespace tegula::tools
