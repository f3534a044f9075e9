// Element by element: every function, operator and dtype.
#include <cmath>

#include "tegula/dsl.h"
#include "tests/golden/case.h"

namespace tegula::golden {
namespace {

constexpr DType float_dtypes[] = {f16, bf16, f32, f64};
constexpr DType integer_dtypes[] = {i8, i16, i32, i64, u8, u16, u32, u64};
constexpr int bn = 1024;

struct Cfg {
  int op = 0;
  int warps = 4;
};

struct Unary {
  const char* name;
  /// Of f16 and bf16 results are rounded from f32 ones, of f64 the hardware approximates nothing.
  bool exact;
  Tile (*traced)(const Tile&);
  long double (*reference)(long double);
};
const Unary unary[] = {
    {"exp", false, [](const Tile& x) { return exp(x); }, std::exp},
    {"exp2", false, [](const Tile& x) { return exp2(x); }, std::exp2},
    {"log", true, [](const Tile& x) { return log(x); }, std::log},
    {"log2", true, [](const Tile& x) { return log2(x); }, std::log2},
    {"sin", true, [](const Tile& x) { return sin(x); }, std::sin},
    {"cos", true, [](const Tile& x) { return cos(x); }, std::cos},
    {"tanh", false, [](const Tile& x) { return tanh(x); }, std::tanh},
    {"erf", false, [](const Tile& x) { return erf(x); }, std::erf},
    {"sigmoid", false, [](const Tile& x) { return sigmoid(x); },
     [](long double x) { return 1 / (1 + std::exp(-x)); }},
    {"rsqrt", false, [](const Tile& x) { return rsqrt(x); },
     [](long double x) { return 1 / std::sqrt(x); }},
    {"sqrt", true, [](const Tile& x) { return sqrt(x); }, std::sqrt},
    {"reciprocal", true, [](const Tile& x) { return 1 / x; }, [](long double x) { return 1 / x; }},
    {"floor", true, [](const Tile& x) { return floor(x); }, std::floor},
    {"ceil", true, [](const Tile& x) { return ceil(x); }, std::ceil},
    {"abs", true, [](const Tile& x) { return abs(x); }, std::fabs},
    {"neg", true, [](const Tile& x) { return -x; }, [](long double x) { return -x; }},
};

void unary_fwd(const Cfg& c, In x, Out y) {
  auto [i] = grid({cdiv(x.dim(0), bn)});
  y.tiles({bn}).store(unary[c.op].traced(x.tiles({bn}).load({i})), {i});
}
const auto unary_kernel =
    kernel("golden_unary", unary_fwd, {"x", "y"}).field("op", &Cfg::op).field("warps", &Cfg::warps);

struct Binary {
  const char* name;
  bool floats, integers, nonzero;
  Tile (*traced)(const Tile&, const Tile&);
};
const Binary binary[] = {
    {"add", true, true, false, [](const Tile& a, const Tile& b) { return a + b; }},
    {"sub", true, true, false, [](const Tile& a, const Tile& b) { return a - b; }},
    {"mul", true, true, false, [](const Tile& a, const Tile& b) { return a * b; }},
    {"div", true, false, false, [](const Tile& a, const Tile& b) { return a / b; }},
    {"int_div", false, true, true, [](const Tile& a, const Tile& b) { return a / b; }},
    {"int_rem", false, true, true, [](const Tile& a, const Tile& b) { return a % b; }},
    {"min", true, true, false, [](const Tile& a, const Tile& b) { return min(a, b); }},
    {"max", true, true, false, [](const Tile& a, const Tile& b) { return max(a, b); }},
    {"select_less", true, true, false,
     [](const Tile& a, const Tile& b) { return select(a < b, a, b); }},
    {"select_equal", true, true, false,
     [](const Tile& a, const Tile& b) { return select(a == b, a, b); }},
    {"fma", true, false, false, [](const Tile& a, const Tile& b) { return fma(a, b, a); }},
    {"mul_add", true, false, false, [](const Tile& a, const Tile& b) { return a * b + b; }},
    {"and", false, true, false, [](const Tile& a, const Tile& b) { return a & b; }},
    {"or", false, true, false, [](const Tile& a, const Tile& b) { return a | b; }},
    {"xor", false, true, false, [](const Tile& a, const Tile& b) { return a ^ b; }},
    {"shl", false, true, false, [](const Tile& a, const Tile& b) { return a << (b & 127); }},
    {"shr", false, true, false, [](const Tile& a, const Tile& b) { return a >> (b & 127); }},
};

void binary_fwd(const Cfg& c, In a, In b, Out y) {
  auto [i] = grid({cdiv(a.dim(0), bn)});
  y.tiles({bn}).store(binary[c.op].traced(a.tiles({bn}).load({i}), b.tiles({bn}).load({i})), {i});
}
const auto binary_kernel = kernel("golden_binary", binary_fwd, {"a", "b", "y"})
                               .field("op", &Cfg::op)
                               .field("warps", &Cfg::warps);

/// Functions of 32 and 64 bits alone.
void high_fwd(const Cfg&, In a, In b, Out y) {
  auto [i] = grid({cdiv(a.dim(0), bn)});
  y.tiles({bn}).store(umulhi(a.tiles({bn}).load({i}), b.tiles({bn}).load({i})), {i});
}
const auto high_kernel = kernel("golden_umulhi", high_fwd, {"a", "b", "y"})
                             .field("op", &Cfg::op)
                             .field("warps", &Cfg::warps);

/// Words of Philox: keys and counters from the tensors.
void philox_fwd(const Cfg& c, In a, In b, Out y) {
  auto [i] = grid({cdiv(a.dim(0), bn)});
  const Tile k = a.tiles({bn}).load({i}), n = b.tiles({bn}).load({i});
  const auto [w0, w1, w2, w3] = philox4x32(k, n, n ^ k, k + n, 5, 0, c.op);
  y.tiles({bn}).store(w0 ^ (w1 * 3) ^ (w2 * 5) ^ (w3 * 7), {i});
}
const auto philox_kernel = kernel("golden_philox", philox_fwd, {"a", "b", "y"})
                               .field("op", &Cfg::op)
                               .field("warps", &Cfg::warps);

std::string named(const char* group, const char* name, DType dtype) {
  return std::string(group) + "/" + name + "/" + std::string(dtype_name(dtype));
}

template <class K>
Case of_pairs(std::string name, const K& kernel, int op, std::vector<Host> inputs) {
  const Host& first = inputs[0];
  std::vector<Host> outputs = {zeros_of(first.dtype, first.shape)};
  return {.name = std::move(name),
          .inputs = std::move(inputs),
          .outputs = std::move(outputs),
          .run = [&kernel, op](Stream& stream, const auto& in, const auto& out) {
            kernel.with({.op = op}).launch(stream, in[0], in[1], out[0]);
          }};
}

}  // namespace

std::vector<Case> scalar_cases(std::int64_t samples) {
  std::vector<Case> cases;
  for (const DType dtype : float_dtypes)
    for (int op = 0; op < static_cast<int>(std::size(unary)); ++op) {
      const Unary& u = unary[op];
      Host x = any_bits(dtype, samples, 1);
      Host y = zeros_of(dtype, x.shape);
      cases.push_back({.name = named("math", u.name, dtype),
                       .exact = u.exact || dtype == f64,
                       .inputs = {std::move(x)},
                       .outputs = {std::move(y)},
                       .run =
                           [op](Stream& stream, const auto& in, const auto& out) {
                             unary_kernel.with({.op = op}).launch(stream, in[0], out[0]);
                           },
                       .reference = u.reference});
    }
  for (int op = 0; op < static_cast<int>(std::size(binary)); ++op) {
    const Binary& b = binary[op];
    const auto add = [&](DType dtype) {
      cases.push_back(of_pairs(named("operator", b.name, dtype), binary_kernel, op,
                               pairs(dtype, samples / 4, b.nonzero)));
    };
    for (const DType dtype : float_dtypes)
      if (b.floats) add(dtype);
    for (const DType dtype : integer_dtypes)
      if (b.integers) add(dtype);
  }
  for (const DType dtype : {u32, u64})
    cases.push_back(of_pairs(named("operator", "umulhi", dtype), high_kernel, 0,
                             pairs(dtype, samples / 4, false)));
  for (const int rounds : {7, 10})
    cases.push_back(of_pairs("philox/" + std::to_string(rounds), philox_kernel, rounds,
                             pairs(u32, samples / 4, false)));
  return cases;
}

}  // namespace tegula::golden
