// expect: a traced Mask has no value on the host
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile n = x.dim(0);
  while (n > 0) n = n / 2;
}
