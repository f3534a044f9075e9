// expect: a config field is an integer, a bool or an enum
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
struct Float {
  float p = 0.5f;
};
void f(const Float&, In) {}
const auto k = kernel("k", f, {"x"}).field("p", &Float::p);
