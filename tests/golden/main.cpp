#include "tests/golden/golden.h"

int main(int argc, char** argv) { return tegula::golden::main(argc, argv); }
