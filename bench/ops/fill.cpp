// Kernels of the measurement itself.
#include "bench/ops/op_spec.h"
#include "tegula/dsl.h"

namespace tegula::bench {
namespace {

struct Cfg {
  int bn = 1024;
  int warps = 4;
};
template <class K>
auto with_fields(K kernel) {
  return std::move(kernel).field("bn", &Cfg::bn).field("warps", &Cfg::warps);
}

/// A sum of two uniform numbers: what is compared is time, and zeros would be too easy.
void random_fwd(const Cfg& c, Out y, U32 seed) {
  auto [i] = grid({cdiv(y.dim(0), c.bn)});
  const Tile low = iota(c.bn).to(u32), block = (i + full(i32, {c.bn}, 0)).to(u32);
  const auto [a, b, w2, w3] = philox4x32(seed, 0, low, block, 0, 0);
  const auto uniform = [](const Tile& word) { return (word >> 8).to(f32) * 0x1p-23f - 1.f; };
  y.tiles({c.bn}).store((uniform(a) + uniform(b)).to(y.dtype()), {i});
}
const auto random_kernel = with_fields(kernel("bench_random", random_fwd, {"y", "seed"}));

void whole_fwd(const Cfg& c, Out y, U32 seed, I64 below) {
  auto [i] = grid({cdiv(y.dim(0), c.bn)});
  const Tile low = iota(c.bn).to(u32), block = (i + full(i32, {c.bn}, 0)).to(u32);
  const auto [a, w1, w2, w3] = philox4x32(seed, 0, low, block, 0, 0);
  y.tiles({c.bn}).store(a.to(i64) % below, {i});
}
const auto whole_kernel = with_fields(kernel("bench_whole", whole_fwd, {"y", "seed", "below"}));

void overwrite_fwd(const Cfg& c, Out y, F32 value) {
  auto [i] = grid({cdiv(y.dim(0), c.bn)});
  y.tiles({c.bn}).store(value + zeros(f32, {c.bn}), {i});
}
const auto overwrite_kernel = with_fields(kernel("bench_overwrite", overwrite_fwd, {"y", "value"}));

void copy_fwd(const Cfg& c, In x, Out y) {
  require(y, {x.dim(0)});
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}), {i});
}
const auto copy_kernel = with_fields(kernel("bench_copy", copy_fwd, {"x", "y"}));

}  // namespace

Tensor random_tensor(Stream& stream, DType dtype, const Dims& shape, std::uint32_t seed,
                     std::int64_t below) {
  const Tensor tensor = stream.empty(dtype, shape);
  TensorRef flat = tensor.ref();
  flat.shape = {element_count(shape)};
  flat.strides = {1};
  if (is_float(dtype))
    random_kernel.launch(stream, flat, seed);
  else
    whole_kernel.launch(stream, flat, seed, below);
  return tensor;
}

void overwrite(Stream& stream, const Tensor& tensor, float value) {
  overwrite_kernel.with({.bn = 4096, .warps = 8}).launch(stream, tensor, value);
}

void copy(Stream& stream, const Tensor& from, const Tensor& to, int elements, int warps) {
  copy_kernel.with({.bn = elements, .warps = warps}).launch(stream, from, to);
}

}  // namespace tegula::bench
