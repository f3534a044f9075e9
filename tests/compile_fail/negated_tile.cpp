// expect: a traced Tile has no value on the host
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  if (!t) t = t + 1;
}
