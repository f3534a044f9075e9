// The f32 approximations of PTX, computed in f64 and rounded once: closer than any GPU, whose own
// bounds are in docs/simulator-image.md. Zeros, infinities and negative arguments give what the
// PTX tables say, which is what these formulas give in f64. Subnormals are kept.
#include <cmath>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::Opcode;

template <double (*function)(double)>
struct InDouble {
  float operator()(float x) const { return static_cast<float>(function(static_cast<double>(x))); }
};

double reciprocal(double x) { return 1.0 / x; }
double reciprocal_root(double x) { return 1.0 / std::sqrt(x); }  // -0: minus infinity
double power_of_two(double x) { return std::exp2(x); }
double log_of_two(double x) { return std::log2(x); }
double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }

template <double (*function)(double)>
constexpr Handler approximation = unary<float, float, InDouble<function>>;

}  // namespace

Handler approximation_handler(const HandlerKey& key) {
  switch (key.opcode) {
    case Opcode::rsqrt_approx:
      return approximation<reciprocal_root>;
    case Opcode::rcp_approx:
      return approximation<reciprocal>;
    case Opcode::ex2_approx:
      return approximation<power_of_two>;
    case Opcode::lg2_approx:
      return approximation<log_of_two>;
    case Opcode::sin_approx:
      return approximation<sine>;
    case Opcode::cos_approx:
      return approximation<cosine>;
    case Opcode::tanh_approx:
      return approximation<hyperbolic_tangent>;
    default:
      return nullptr;
  }
}

}  // namespace tegula::sim
