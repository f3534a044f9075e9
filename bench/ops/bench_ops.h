#pragma once

namespace tegula::bench {

/// See bench_ops.cpp. Exit status: 0, 1 if something could not be measured, 2 for wrong usage, 3 if
/// there is no such device.
int ops_main(int argc, char** argv);

}  // namespace tegula::bench
