#include "ops/reference/rotary.h"

#include "tegula/reference.h"

namespace tegula::reference {
namespace {

template <class T>
std::vector<double> rotary_in(const RotaryProblem& p, Precision precision) {
  const Rounding r(precision, wider(wider(p.x.dtype, p.cos.dtype), p.sin.dtype));
  std::vector<double> y;
  y.reserve(p.x.data.size());
  for (const double value : p.x.data) y.push_back(given(r.output(p.out_dtype, T(value))));
  for (std::int64_t entry = 0; entry < p.b; ++entry)
    for (std::int64_t i = 0; i < p.s; ++i) {
      const std::int64_t first = p.offsets[static_cast<std::size_t>(entry)], position = first + i;
      if (first < 0 || position >= p.t) continue;
      for (std::int64_t head = 0; head < p.h; ++head)
        for (std::int64_t k = 0; k < p.pairs; ++k) {
          const std::int64_t start = ((entry * p.s + i) * p.h + head) * p.d;
          const auto one = static_cast<std::size_t>(start + (p.interleaved ? 2 * k : k));
          const auto two = one + static_cast<std::size_t>(p.interleaved ? 1 : p.pairs);
          const auto angle = static_cast<std::size_t>(position * p.pairs + k);
          const T cosine = p.cos.data[angle];
          const T sine = p.inverse ? -p.sin.data[angle] : p.sin.data[angle];
          const T x1 = p.x.data[one], x2 = p.x.data[two];
          y[one] = given(r.output(p.out_dtype, r(r(x1 * cosine) - r(x2 * sine))));
          y[two] = given(r.output(p.out_dtype, r(r(x1 * sine) + r(x2 * cosine))));
        }
    }
  return y;
}

}  // namespace

std::vector<double> rotary(const RotaryProblem& p, Precision precision) {
  return evaluate(precision,
                  [&](auto number) { return rotary_in<decltype(number)>(p, precision); });
}

namespace {

std::vector<double> rotary_of(const Call& call, const char* x, const char* y, bool backward,
                              Precision precision) {
  const Dims shape = call.shape(x), table = call.shape("cos");
  RotaryProblem problem = {shape[0],
                           shape[1],
                           shape[2],
                           shape[3],
                           table[0],
                           table[1],
                           call.values(x),
                           call.values("cos"),
                           call.values("sin"),
                           call.flag("interleaved"),
                           call.flag("inverse") != backward,
                           {},
                           call.dtype(y)};
  problem.offsets.assign(static_cast<std::size_t>(shape[0]), call.integer("seqlen_offset"));
  const std::vector<double> given = call.values("seqlen_offsets").data;
  for (std::size_t entry = 0; entry < given.size(); ++entry)
    problem.offsets[entry] += static_cast<std::int64_t>(given[entry]);
  return rotary(problem, precision);
}

}  // namespace

Outputs rotary(const Call& call, Precision precision) {
  return {{"y", rotary_of(call, "x", "y", false, precision)}};
}

Outputs rotary_bwd(const Call& call, Precision precision) {
  return {{"dx", rotary_of(call, "dy", "dx", true, precision)}};
}

}  // namespace tegula::reference
