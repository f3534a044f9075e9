#include "ops/reference/dropout.h"

#include "tegula/reference.h"

#include <array>
#include <cmath>

namespace tegula::reference {
namespace {

double threshold(float p) { return std::floor(65536 * (1 - static_cast<double>(p)) + 0.5); }

using Words = std::array<std::uint32_t, 4>;

/// Philox4x32-7 (Salmon et al., SC 2011).
Words philox(std::uint64_t key, Words counter) {
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 7; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1,
               static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

}  // namespace

double dropout_scale(float p) { return 65536 / threshold(p); }

std::vector<double> dropout_mask(std::int64_t rows, std::int64_t n, const DropoutProblem& problem,
                                 int stream) {
  const std::uint64_t offset = problem.offset + static_cast<std::uint64_t>(stream);
  const std::uint64_t key = problem.seed ^ (offset >> 32 << 32);
  std::vector<double> mask;
  mask.reserve(static_cast<std::size_t>(rows * n));
  for (std::int64_t row = 0; row < rows; ++row) {
    Words words{};
    for (std::int64_t column = 0; column < n; ++column) {
      if (column % 8 == 0)
        words = philox(key,
                       {static_cast<std::uint32_t>(column / 8), static_cast<std::uint32_t>(row),
                        static_cast<std::uint32_t>(row >> 32), static_cast<std::uint32_t>(offset)});
      const std::uint32_t word = words[static_cast<std::size_t>(column % 8 / 2)];
      const std::uint32_t halfword = column % 2 == 0 ? word & 0xffff : word >> 16;
      mask.push_back(halfword < threshold(problem.p) ? 1 : 0);
    }
  }
  return mask;
}

std::vector<double> dropout(std::int64_t n, const Values& x, const DropoutProblem& problem,
                            DType out_dtype, Precision precision) {
  const Rounding r(precision, x.dtype);
  const std::int64_t rows = n == 0 ? 0 : static_cast<std::int64_t>(x.data.size()) / n;
  std::vector<double> y = dropout_mask(rows, n, problem);
  return evaluate(precision, [&](auto number) {
    using T = decltype(number);
    const T scale = constant<T>(dropout_scale(problem.p));
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = y[i] == 0 ? 0 : given(r.output(out_dtype, r(T(x.data[i]) * scale)));
    return y;
  });
}

namespace {

DropoutProblem dropout_problem(const Call& call) {
  const ops::RngState rng = call.rng();
  return {static_cast<float>(call.number("dropout_p")), rng.seed, rng.offset};
}

}  // namespace

Outputs dropout(const Call& call, Precision precision) {
  return {{"y", dropout(call.columns("x"), call.values("x"), dropout_problem(call), call.dtype("y"),
                        precision)},
          {"mask", dropout_mask(call.rows("x"), call.columns("x"), dropout_problem(call))}};
}

Outputs dropout_bwd(const Call& call, Precision precision) {
  return {{"dx", dropout(call.columns("dy"), call.values("dy"), dropout_problem(call),
                         call.dtype("dx"), precision)}};
}

Outputs dropout_mask(const Call& call, Precision) {
  return {{"mask", dropout_mask(call.integer("m"), call.integer("n"), dropout_problem(call),
                                call.flag("of_x1") ? 1 : 0)}};
}

}  // namespace tegula::reference
