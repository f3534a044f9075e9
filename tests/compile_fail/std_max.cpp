// expect: tegula::min, tegula::max in place of std::min, std::max
#include <algorithm>

#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  Tile u = std::max(t, t * 2);
}
