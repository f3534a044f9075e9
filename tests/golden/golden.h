#pragma once

namespace tegula::golden {

/// golden A B [--out DIR] [--samples N] [--filter TEXT]: see golden.cpp. Exit status: 0, 1 if a
/// case differs that must not, 2 for wrong usage, 3 if there is no such device.
int main(int argc, char** argv);

}  // namespace tegula::golden
