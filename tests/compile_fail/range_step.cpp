// expect: no matching function for call to .range|too many arguments
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  for (auto j : range(0, x.dim(0), 64)) (void)j;
}
