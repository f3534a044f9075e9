// expect: a traced Mask has no value on the host
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  Tile u = t > 0 ? t : t * 2;
}
