// expect: a grid of clusters has at most 2 extents
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int cluster = 2;
};
void f(const Cfg& cfg, In x) {
  auto n = x.dim(0);
  auto [a, b, c, part] = cluster_grid({n, n, n}, cfg.cluster);
}
