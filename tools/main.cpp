#include <fcntl.h>
#include <unistd.h>

#include "tegula/cli.h"

int main(int argc, char** argv) {
  // One of these that is closed would be the next file's that is opened, and get what is meant for
  // standard output.
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard)
    if (::fcntl(standard, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);
  return tegula::cli_main(argc, argv);
}
