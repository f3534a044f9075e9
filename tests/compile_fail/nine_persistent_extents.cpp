// expect: a grid has at most 8 extents
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In x) {
  auto n = x.dim(0);
  auto tiles = grid_persistent({n, n, n, n, n, n, n, n, n}, 8);
}
