// expect: a traced Mask has no value on the host: use select
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  if (t > 0) t = t * 2;
}
