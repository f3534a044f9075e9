// f32 and f64 arithmetic, comparison and approximations against plain C++.
#include <cmath>
#include <functional>
#include <limits>

#include "tests/runtime/sim/values/elementwise.h"

namespace tegula::testing {
namespace {

template <class T>
struct Of;
template <>
struct Of<float> {
  using B = std::uint32_t;
  static constexpr Scalar scalar = Scalar::f32;
};
template <>
struct Of<double> {
  using B = std::uint64_t;
  static constexpr Scalar scalar = Scalar::f64;
};
template <class T>
std::uint64_t bits(T x) {
  return std::bit_cast<typename Of<T>::B>(x);
}
template <class T>
T value(std::uint64_t b) {
  return std::bit_cast<T>(static_cast<typename Of<T>::B>(b));
}

template <class T>
Bits edge_values() {
  using L = std::numeric_limits<T>;
  Bits values;
  for (const T x : {T(0), L::denorm_min(), L::min() - L::denorm_min(), L::min(), T(0.1), T(0.5),
                    T(1), T(1) + L::epsilon(), T(1.5), T(2.5), T(3.7), T(8388609.5), T(1e10),
                    L::max(), L::infinity(), L::quiet_NaN()}) {
    values.push_back(bits(x));
    values.push_back(bits(-x));
  }
  return values;
}

template <class T>
void expect_same(std::uint64_t got, T wanted, const char* what) {
  if (std::isnan(wanted))
    ASSERT_TRUE(std::isnan(value<T>(got))) << what;
  else
    ASSERT_EQ(got, bits(wanted)) << what << ": " << value<T>(got) << " and not " << wanted;
}

template <class T>
T min_number(T a, T b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

template <class T>
class SimFloat : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SimFloat, Types);

TYPED_TEST(SimFloat, BinaryOperations) {
  using T = TypeParam;
  constexpr Scalar s = Of<T>::scalar;
  const std::pair<Opcode, std::function<T(T, T)>> operations[] = {
      {Opcode::fadd, [](T a, T b) { return a + b; }},
      {Opcode::fsub, [](T a, T b) { return a - b; }},
      {Opcode::fmul, [](T a, T b) { return a * b; }},
      {Opcode::fdiv, [](T a, T b) { return a / b; }},
      {Opcode::frem, [](T a, T b) { return std::fmod(a, b); }},
      {Opcode::fmin, [](T a, T b) { return min_number(a, b); }},
      {Opcode::fmax, [](T a, T b) { return -min_number(-a, -b); }},
      {Opcode::fminimum,
       [](T a, T b) { return std::isnan(a) || std::isnan(b) ? a + b : min_number(a, b); }},
      {Opcode::fmaximum,
       [](T a, T b) { return std::isnan(a) || std::isnan(b) ? a + b : -min_number(-a, -b); }},
  };
  const auto lists = pairs(edge_values<T>());
  for (const auto& [opcode, reference] : operations) {
    const Bits got = compute({opcode, s, {s, s}}, lists);
    for (std::size_t k = 0; k < got.size(); ++k)
      expect_same<T>(got[k], reference(value<T>(lists[0][k]), value<T>(lists[1][k])),
                     opcode_name(opcode).data());
  }
  const Bits signs = compute({Opcode::fcopysign, s, {s, s}}, lists);
  for (std::size_t k = 0; k < signs.size(); ++k)
    EXPECT_EQ(signs[k], bits(std::copysign(value<T>(lists[0][k]), value<T>(lists[1][k]))));
}

TYPED_TEST(SimFloat, UnaryOperations) {
  using T = TypeParam;
  constexpr Scalar s = Of<T>::scalar;
  const std::pair<Opcode, std::function<T(T)>> operations[] = {
      {Opcode::fneg, [](T a) { return -a; }},
      {Opcode::fabs, [](T a) { return std::fabs(a); }},
      {Opcode::fsqrt, [](T a) { return std::sqrt(a); }},
      {Opcode::ffloor, [](T a) { return std::floor(a); }},
      {Opcode::fceil, [](T a) { return std::ceil(a); }},
      {Opcode::ftrunc, [](T a) { return std::trunc(a); }},
      {Opcode::frint, [](T a) { return std::nearbyint(a); }},
  };
  const Bits values = edge_values<T>();
  for (const auto& [opcode, reference] : operations) {
    const Bits got = compute({opcode, s, {s}}, {values});
    for (std::size_t k = 0; k < got.size(); ++k)
      expect_same<T>(got[k], reference(value<T>(values[k])), opcode_name(opcode).data());
  }
}

TYPED_TEST(SimFloat, FmaRoundsOnce) {
  using T = TypeParam;
  constexpr Scalar s = Of<T>::scalar;
  const T next = T(1) + std::numeric_limits<T>::epsilon();
  std::vector<Bits> lists = {{bits(next)}, {bits(next)}, {bits(T(-1))}};
  for (const std::uint64_t a : edge_values<T>())
    for (const std::uint64_t b : edge_values<T>())
      for (const T c : {T(0), T(-1), T(1e10), std::numeric_limits<T>::infinity()}) {
        lists[0].push_back(a);
        lists[1].push_back(b);
        lists[2].push_back(bits(c));
      }
  const Bits got = compute({Opcode::fma, s, {s, s, s}}, lists);
  for (std::size_t k = 0; k < got.size(); ++k)
    expect_same<T>(got[k],
                   std::fma(value<T>(lists[0][k]), value<T>(lists[1][k]), value<T>(lists[2][k])),
                   "fma");
}

TYPED_TEST(SimFloat, ComparisonsByOutcome) {
  using T = TypeParam;
  constexpr Scalar s = Of<T>::scalar;
  const auto lists = pairs(edge_values<T>());
  for (int predicate = 0; predicate < 16; ++predicate) {
    const Bits got = compute({Opcode::fcmp, Scalar::i1, {s, s}, predicate}, lists);
    for (std::size_t k = 0; k < got.size(); ++k) {
      const T a = value<T>(lists[0][k]), b = value<T>(lists[1][k]);
      const int outcome = std::isunordered(a, b) ? 8 : a == b ? 1 : a > b ? 2 : 4;
      ASSERT_EQ(got[k] != 0, (predicate & outcome) != 0) << predicate << " " << a << " " << b;
    }
  }
}

TEST(SimApproximation, IsTheRoundedValue) {
  const std::pair<Opcode, std::function<double(double)>> operations[] = {
      {Opcode::rsqrt_approx, [](double x) { return 1 / std::sqrt(x); }},
      {Opcode::rcp_approx, [](double x) { return 1 / x; }},
      {Opcode::ex2_approx, [](double x) { return std::exp2(x); }},
      {Opcode::lg2_approx, [](double x) { return std::log2(x); }},
      {Opcode::sin_approx, [](double x) { return std::sin(x); }},
      {Opcode::cos_approx, [](double x) { return std::cos(x); }},
      {Opcode::tanh_approx, [](double x) { return std::tanh(x); }},
  };
  const Bits values = edge_values<float>();
  for (const auto& [opcode, reference] : operations) {
    const Bits got = compute({opcode, Scalar::f32, {Scalar::f32}}, {values});
    for (std::size_t k = 0; k < got.size(); ++k)
      expect_same<float>(got[k], static_cast<float>(reference(value<float>(values[k]))),
                         opcode_name(opcode).data());
  }
}

TEST(SimApproximation, SpecialValuesAreThoseOfPtx) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  struct Case {
    Opcode opcode;
    float argument, wanted;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Case& c : {Case{Opcode::rsqrt_approx, -0.0f, -inf},
                        {Opcode::rsqrt_approx, 0.0f, inf},
                        {Opcode::rsqrt_approx, -1.0f, nan},
                        {Opcode::rsqrt_approx, inf, 0.0f},
                        {Opcode::rcp_approx, -0.0f, -inf},
                        {Opcode::rcp_approx, -inf, -0.0f},
                        {Opcode::ex2_approx, -inf, 0.0f},
                        {Opcode::ex2_approx, -0.0f, 1.0f},
                        {Opcode::ex2_approx, 128.0f, inf},
                        {Opcode::ex2_approx, -149.0f, 1e-45f},
                        {Opcode::lg2_approx, -0.0f, -inf},
                        {Opcode::lg2_approx, -1.0f, nan},
                        {Opcode::lg2_approx, 1e-45f, -149.0f},
                        {Opcode::sin_approx, inf, nan},
                        {Opcode::tanh_approx, -inf, -1.0f}}) {
    const Bits got = compute({c.opcode, Scalar::f32, {Scalar::f32}}, {{bits(c.argument)}});
    expect_same<float>(got[0], c.wanted, opcode_name(c.opcode).data());
  }
}

}  // namespace
}  // namespace tegula::testing
