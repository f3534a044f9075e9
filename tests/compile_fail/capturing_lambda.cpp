// expect: what a lambda captures would be baked into the compiled kernel unseen
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
auto make(float eps) {
  return kernel("k", [=](const Cfg&, In x) { (void)(x.dim(0).to(f32) + eps); }, {"x"});
}
