// A kernel without a mistake: must compile, so that the others fail for the reason they state.
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void scale(const Cfg& c, In x, Out y, F32 factor) {
  auto [n] = dims1(x);
  require(y, {n});
  auto [i] = grid({cdiv(n, c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) * factor, {i});
}
const auto k = kernel("scale", scale, {"x", "y", "factor"}).field("bn", &Cfg::bn);
void call(Stream& stream, const TensorRef& x, const Tensor& y) {
  k.with({.bn = 32}).launch(stream, x, y, 2.0f);
}
