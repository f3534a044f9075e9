// expect: no match for .operator\+.|invalid operands|a traced Mask has no value
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) { auto m = (x.tiles({64}).load({0}) > 0) + 1; }
