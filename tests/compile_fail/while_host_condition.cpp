// expect: invalid initialization of reference.*function<tegula::Mask|no viable conversion
// conversion
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg& c, In x) {
  Tile n = x.dim(0);
  while_([&] { return c.bn > 32; }, [&] { n = n / 2; });
}
