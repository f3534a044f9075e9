// expect: a traced Mask has no value on the host.*& \| ! in place of && \|\|
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  auto m = t < 0 || t > 1;
}
