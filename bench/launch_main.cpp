#include "bench/launch.h"

int main(int argc, char** argv) { return tegula::bench::launch_main(argc, argv); }
