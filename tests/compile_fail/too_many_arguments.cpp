// expect: no matching function for call to .*launch|too many arguments
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void f(const Cfg&, In, Out) {}
const auto k = kernel("k", f, {"x", "y"}).field("bn", &Cfg::bn);
void call(Stream& stream, const TensorRef& x) { k.launch(stream, x, x, 1.0f); }
