// expect: no matching function for call to .print|constraints not satisfied
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) { print("{}", 3.5); }
