#pragma once

namespace tegula::bench {

/// See launch.cpp.
int launch_main(int argc, char** argv);

}  // namespace tegula::bench
