// expect: could not convert|cannot convert|no matching function|ambiguous
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In, F32) {}
const auto k = kernel("k", f, {"x", "eps"}).field("bn", &Cfg::bn);
void call(Stream& stream, const TensorRef& x) { k.launch(stream, x, x); }
