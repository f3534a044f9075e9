// expect: one name for each parameter after the config
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In, Out) {}
auto k = kernel("k", f, {"x", "y", "z"});
