// Conversions between all dtypes.
#include <algorithm>
#include <cmath>

#include "ops/reference/number_format.h"
#include "tegula/dsl.h"
#include "tests/golden/case.h"

namespace tegula::golden {
namespace {

constexpr DType dtypes[] = {f16, bf16, f32, f64, DType::f8e4m3, DType::f8e5m2, i8,
                            i16, i32,  i64, u8,  u16,           u32,           u64};
constexpr int bn = 1024;

struct Cfg {
  int warps = 4;
};

void cast_fwd(const Cfg&, In x, Out y) {
  auto [i] = grid({cdiv(x.dim(0), bn)});
  y.tiles({bn}).store(x.tiles({bn}).load({i}).to(y.dtype()), {i});
}
const auto cast_kernel = kernel("golden_cast", cast_fwd, {"x", "y"}).field("warps", &Cfg::warps);

bool is_f8(DType dtype) { return dtype == DType::f8e4m3 || dtype == DType::f8e5m2; }

/// What is out of the integer's range, where the language promises nothing, becomes 1.
void keep_in_range(Host& x, DType to) {
  std::vector<double> values = reference::decode(x.dtype, x.bytes);
  const double high = std::ldexp(1.0, dtype_bits(to) - (is_signed_integer(to) ? 1 : 0));
  const double low = is_signed_integer(to) ? -high - 1 : -1;
  for (double& value : values)
    if (!(value > low && value < high)) value = 1;
  x.bytes = reference::encode(x.dtype, values);
}

Case cast(DType from, DType to, std::int64_t samples, bool in_range) {
  Host x = any_bits(from, samples, 3);
  if (in_range) keep_in_range(x, to);
  Host y = zeros_of(to, x.shape);
  return {.name = std::string(in_range ? "cast/" : "cast_any/") + std::string(dtype_name(from)) +
                  "/" + std::string(dtype_name(to)),
          .exact = in_range || is_float(to) || is_integer(from),
          .inputs = {std::move(x)},
          .outputs = {std::move(y)},
          .run = [](Stream& stream, const auto& in, const auto& out) {
            cast_kernel.with({}).launch(stream, in[0], out[0]);
          }};
}

}  // namespace

std::vector<Case> cast_cases(std::int64_t samples) {
  std::vector<Case> cases;
  for (const DType from : dtypes)
    for (const DType to : dtypes) {
      if (from == to) continue;
      // The 8-bit floats convert to and from floats and integers alike, but their values have no
      // host format here to be kept in range by.
      const bool to_integer = is_float(from) && is_integer(to);
      if (to_integer && !is_f8(from)) cases.push_back(cast(from, to, samples / 8, true));
      cases.push_back(cast(from, to, samples / 8, false));
    }
  return cases;
}

}  // namespace tegula::golden
