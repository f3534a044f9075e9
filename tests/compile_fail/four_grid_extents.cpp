// expect: a grid has at most 3 extents
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In x) {
  auto n = x.dim(0);
  auto [a, b, c, d] = grid({n, n, n, n});
}
