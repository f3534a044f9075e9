// expect: a config is a plain struct
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  explicit Cfg(int n) : bn(n) {}
  int bn = 64;
};
void f(const Cfg&, In, Out) {}
const auto k = kernel("k", f, {"x", "y"});
