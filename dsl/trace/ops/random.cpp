// Philox as a composition of umulhi, multiplications and exclusive ors.
#include "tegula/dsl/random.h"

#include <fmt/format.h>

#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/math.h"

namespace tegula {
namespace {

constexpr std::uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
constexpr std::uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;

Tile word(detail::Tracer& tracer, const Operand& operand) {
  const detail::ValueId value = detail::value_of(tracer, operand, u32);
  const DType dtype = tracer.type(value).dtype;
  if (dtype != u32)
    detail::fail(operand.at(), {.problem = "philox4x32 wants u32 words",
                                .got = std::string(dtype_name(dtype)),
                                .wanted = "u32",
                                .hint = "convert it with .to(u32)"});
  return {tracer, value};
}

}  // namespace

std::array<Tile, 4> philox4x32(Operand key0, Operand key1, Operand c0, Operand c1, Operand c2,
                               Operand c3, int rounds) {
  const std::source_location& at = key0.at();
  detail::Tracer& tracer = detail::Tracer::here(at);
  if (rounds < 1 || rounds > 16)
    detail::fail(at, {.problem = "philox4x32 wants 1 to 16 rounds", .got = std::to_string(rounds)});
  Tile k0 = word(tracer, key0), k1 = word(tracer, key1);
  std::array<Tile, 4> c = {word(tracer, c0), word(tracer, c1), word(tracer, c2), word(tracer, c3)};
  const Operand m0(multiplier_0, at), m1(multiplier_1, at);
  for (int round = 0; round < rounds; ++round) {
    if (round > 0) {
      k0 = Operand(weyl_0, at) + k0;
      k1 = Operand(weyl_1, at) + k1;
    }
    const Tile high0 = umulhi(m0, {c[0], at}), low0 = m0 * c[0];
    const Tile high1 = umulhi(m1, {c[2], at}), low1 = m1 * c[2];
    // The key last: it is often a scalar, which becomes a tile only here.
    c = {Operand(Operand(high1, at) ^ c[1], at) ^ k0, low1,
         Operand(Operand(high0, at) ^ c[3], at) ^ k1, low0};
  }
  return c;
}

}  // namespace tegula
