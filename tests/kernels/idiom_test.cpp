// Arithmetic that LLVM recognises as something else: bits and bytes in the opposite order.
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bits = 32, unit = 1;
  int warps = 1;
};

template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("bits", &Cfg::bits)
      .field("unit", &Cfg::unit)
      .field("warps", &Cfg::warps);
}

class Idiom : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Targets, Idiom, ::testing::ValuesIn(kernel_targets()), target_name);

/// The low `bits` bits of t, by units, in the opposite order.
Tile reversed(const Tile& t, const Cfg& c) {
  Tile result = t & 0;
  for (int from = 0; from < c.bits; from += c.unit) {
    const int to = c.bits - c.unit - from;
    Tile part = (t >> from) & ((std::int64_t{1} << c.unit) - 1);
    result = result | (part << to);
  }
  return result;
}

std::int64_t reversed_reference(std::int64_t t, const Cfg& c) {
  std::int64_t result = 0;
  for (int from = 0; from < c.bits; from += c.unit)
    result |= (t >> from & ((std::int64_t{1} << c.unit) - 1)) << (c.bits - c.unit - from);
  return result;
}

void of_tensor_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({128}).store(reversed(x.tiles({128}).load({i}), c), {i});
}
const auto of_tensor = with_fields(kernel("of_tensor_fwd", of_tensor_fwd, {"x", "y"}));

TEST_P(Idiom, BitsAndBytesOfATensor) {
  for (const DType dtype : {u8, u16, u32, u64})
    for (const int unit : {1, 8}) {
      const int all = dtype_bits(dtype);
      if (unit >= all) continue;
      const Cfg c{.bits = all, .unit = unit};
      const auto x = random_integers(0, (std::int64_t{1} << std::min(all, 62)) - 1, 128);
      std::vector<std::int64_t> wanted;
      for (const std::int64_t v : x) wanted.push_back(wrapped(dtype, reversed_reference(v, c)));
      const Tensor out = stream.empty(dtype, {128});
      launch(of_tensor, c, integers(dtype, {128}, x), out);
      expect_integers(out, wanted);
    }
}

/// The order of an FFT's inputs: LLVM computes it in integers of just that many bits.
void of_index_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({1});
  y.tiles({128}).store(x.gather({reversed(iota(128) & ((1 << c.bits) - 1), c)}), {i});
}
const auto of_index = with_fields(kernel("of_index_fwd", of_index_fwd, {"x", "y"}));

TEST_P(Idiom, BitsOfAnIndex) {
  for (const int bits : {3, 5, 7}) {
    const Cfg c{.bits = bits};
    const auto x = random_integers(-1000, 1000, 128);
    std::vector<std::int64_t> wanted;
    for (std::int64_t k = 0; k < 128; ++k)
      wanted.push_back(x[static_cast<std::size_t>(
          reversed_reference(k & ((std::int64_t{1} << bits) - 1), c))]);
    const Tensor out = stream.empty(i32, {128});
    launch(of_index, c, integers(i32, {128}, x), out);
    expect_integers(out, wanted);
  }
}

}  // namespace
}  // namespace tegula::testing
