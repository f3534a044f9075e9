#pragma once

namespace tegula::bench {

/// See start.cpp. `command`: the argument that leads a program of several commands here, which
/// starts itself with it; null: none does.
int start_main(int argc, char** argv, const char* command = nullptr);

}  // namespace tegula::bench
