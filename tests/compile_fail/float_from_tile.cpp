// expect: cannot convert .tegula::Tile. to .float. in initialization|no viable conversion
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  Tile t = x.tiles({64}).load({0});
  float f = t;
}
