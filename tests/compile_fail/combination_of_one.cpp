// expect: a combination of several tiles is a function of two std::arrays
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  auto [a, b] = reduce({t, t}, 0, [](auto l, auto r) { return l[0] + r[0]; });
}
