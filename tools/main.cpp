#include "tegula/cli.h"

int main(int argc, char** argv) { return tegula::cli_main(argc, argv); }
