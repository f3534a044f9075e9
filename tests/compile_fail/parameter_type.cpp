// expect: a kernel's parameters are In, Out, InOut
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In, float) {}
auto k = kernel("k", f, {"x", "y"});
