// expect: no matching function for call to .*launch|too few arguments
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In, Out, F32) {}
const auto k = kernel("k", f, {"x", "y", "eps"}).field("bn", &Cfg::bn);
void call(Stream& stream, const TensorRef& x) { k.launch(stream, x, x); }
