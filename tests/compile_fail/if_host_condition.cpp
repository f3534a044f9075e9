// expect: a condition on host values: use C\+\+.s own .if.
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg& c, In x) {
  Tile n = x.dim(0);
  if_(c.bn > 32, [&] { n = n / 2; });
}
