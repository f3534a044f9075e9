// fma: a * b + c, rounded once in every type.
#include <cmath>

#include "runtime/sim/code/handlers.h"
#include "runtime/sim/values/lanes.h"

namespace tegula::sim {
namespace {

using format::Scalar;

struct Fma {
  template <class T>
  T operator()(T a, T b, T c) const {
    return std::fma(a, b, c);
  }
};
struct FmaOfHalves {
  template <class T>
  T operator()(T a, T b, T c) const {
    return narrow<T>(fma_to_odd(widen(a), widen(b), widen(c)));
  }
};

// std::fma is a library call per element on x86-64's base instruction set, ten times slower than
// the instruction; both round once, so the results are the same.
#if defined(__x86_64__)
template <class T>
__attribute__((target("avx2,fma"))) void fma_by_instruction(const WarpView& w, const Instruction& i,
                                                            std::byte* result) {
  const std::byte* a = w.at(i.operands[0]);
  const std::byte* b = w.at(i.operands[1]);
  const std::byte* c = w.at(i.operands[2]);
  const std::size_t count = std::size_t{warp_lanes} * i.elements;
  TEGULA_LANES_ARE_INDEPENDENT
  for (std::size_t k = 0; k < count; ++k) {
    T x, y, z;
    std::memcpy(&x, a + k * sizeof(T), sizeof(T));
    std::memcpy(&y, b + k * sizeof(T), sizeof(T));
    std::memcpy(&z, c + k * sizeof(T), sizeof(T));
    if constexpr (sizeof(T) == 4)
      x = __builtin_fmaf(x, y, z);
    else
      x = __builtin_fma(x, y, z);
    std::memcpy(result + k * sizeof(T), &x, sizeof(T));
  }
}
bool host_has_fma() { return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"); }
#else
template <class T>
void fma_by_instruction(const WarpView&, const Instruction&, std::byte*) {}
bool host_has_fma() { return false; }
#endif

Handler of_scalar(Scalar scalar) {
  switch (scalar) {
    case Scalar::f16:
      return ternary<F16, FmaOfHalves>;
    case Scalar::bf16:
      return ternary<BF16, FmaOfHalves>;
    case Scalar::f32:
      return host_has_fma() ? fma_by_instruction<float> : ternary<float, Fma>;
    case Scalar::f64:
      return host_has_fma() ? fma_by_instruction<double> : ternary<double, Fma>;
    default:
      return nullptr;
  }
}

}  // namespace

Handler fma_handler(const HandlerKey& key) {
  return key.opcode == format::Opcode::fma ? of_scalar(key.scalar) : nullptr;
}

}  // namespace tegula::sim
