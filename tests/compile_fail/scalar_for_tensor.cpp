// expect: cannot convert|invalid initialization|no matching function
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In) {}
const auto k = kernel("k", f, {"x"}).field("bn", &Cfg::bn);
void call(Stream& stream) { k.launch(stream, 1.0f); }
