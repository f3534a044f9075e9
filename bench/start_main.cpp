#include "bench/start.h"

int main(int argc, char** argv) { return tegula::bench::start_main(argc, argv); }
