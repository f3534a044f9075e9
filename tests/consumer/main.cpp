#include <unistd.h>

int run_consumer();

/// With an argument, changes to that directory first.
int main(int argc, char** argv) {
  if (argc > 1 && chdir(argv[1]) != 0) return 2;
  return run_consumer();
}
