// y = relu(x w + b), row by row, in one kernel. Says "right" where the result is, "no compiler" where
// it would have to be compiled and the program was linked without one, else what went wrong.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "tegula/dsl.h"
#include "tegula/error.h"
#include "tegula/simulator.h"

int run_consumer();

namespace {

struct Cfg {
  int bn = 64, warps = 2;
};

void affine_relu(const Cfg& c, tegula::In x, tegula::In w, tegula::In b, tegula::Out y) {
  using namespace tegula;
  auto [rows, n] = dims2(x);
  require(w, {n}), require(b, {n}), require(y, {rows, n});
  auto [r, j] = grid({rows, cdiv(n, c.bn)});
  auto v = x.tiles({1, c.bn}).load({r, j}) * w.tiles({c.bn}).load({j}) + b.tiles({c.bn}).load({j});
  y.tiles({1, c.bn}).store(max(v, 0.0f), {r, j});
}
const auto affine_relu_kernel = tegula::kernel("affine_relu", affine_relu, {"x", "w", "b", "y"})
                                    .sweep("bn", &Cfg::bn, {64, 128})
                                    .field("warps", &Cfg::warps);

tegula::Tensor upload(tegula::Stream& stream, const tegula::Dims& shape,
                      const std::vector<float>& values) {
  tegula::Tensor tensor = stream.empty(tegula::f32, shape);
  tensor.copy_from_host(values.data(), values.size() * sizeof(float));
  return tensor;
}

int run() {
  constexpr int rows = 5, n = 150;
  std::vector<float> x(rows * n), w(n), b(n), y(rows * n);
  for (int k = 0; k < rows * n; ++k) x[k] = static_cast<float>(k % 17 - 8);
  for (int k = 0; k < n; ++k)
    w[k] = static_cast<float>(k % 5), b[k] = static_cast<float>(3 - k % 7);
  tegula::Stream stream(tegula::make_sim_device("sm_90a"));
  const tegula::Tensor out = upload(stream, {rows, n}, y);
  affine_relu_kernel.launch(stream, upload(stream, {rows, n}, x), upload(stream, {n}, w),
                            upload(stream, {n}, b), out);
  out.copy_to_host(y.data(), y.size() * sizeof(float));
  for (int k = 0; k < rows * n; ++k) {
    const float wanted = std::max(x[k] * w[k % n] + b[k % n], 0.0f);
    if (y[k] == wanted) continue;
    std::printf("element %d is %g, not %g\n", k, y[k], wanted);
    return 1;
  }
  std::puts("right");
  return 0;
}

}  // namespace

/// The exit status of the program.
int run_consumer() {
  try {
    return run();
  } catch (const tegula::Error& error) {
    const bool expected = error.code() == tegula::ErrorCode::environment &&
                          std::strstr(error.what(), "no kernel compiler") != nullptr;
    std::puts(expected ? "no compiler" : error.what());
    return expected ? 0 : 1;
  }
}
