// expect: a combination is a function of two Tiles that gives one
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  Tile a = reduce(t, 0, [](Tile l, Tile r) { return l < r; });
}
