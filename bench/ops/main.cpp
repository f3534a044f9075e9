#include "bench/ops/bench_ops.h"

int main(int argc, char** argv) { return tegula::bench::ops_main(argc, argv); }
