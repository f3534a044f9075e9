#include "ops/common/dropout_mask.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace tegula::ops {
namespace {

constexpr int columns_per_call = 8;

void check_state(const ArgumentChecks& checks, const TensorRef& memory) {
  const DType dtype = memory.dtype == DType::u64 ? DType::u64 : DType::i64;
  checks.tensor_of(memory, "rng.memory", dtype, "or u64: {seed, offset}");
  checks.shape(memory, "rng.memory", {2}, "{seed, offset}");
}

/// Of 16 bits each, in the upper half of a word (below there may be anything): those of `bn`
/// columns from first_column on, given the words {r, calls} of the calls that they need.
Tile halfwords(const std::array<Tile, 4>& words, const Tile& first_column, std::int64_t r, int bn) {
  const auto halves = [](const Tile& t) { return join(t << 16, t); };
  if (bn >= columns_per_call)
    return halves(join(join(words[0], words[2]), join(words[1], words[3])).reshape({r, bn / 2}))
        .reshape({r, bn});
  // A part of one call's, by the bits of the column.
  const auto lower = [&](int bit) { return (first_column & bit) == 0; };
  const Tile first = select(lower(4), words[0], words[2]);
  const Tile second = select(lower(4), words[1], words[3]);
  if (bn == 4) return halves(join(first, second).reshape({r, 2})).reshape({r, 4});
  const Tile word = select(lower(2), first, second);
  return bn == 2 ? halves(word).reshape({r, 2}) : select(lower(1), word << 16, word);
}

}  // namespace

bool drops_out(float dropout_p) {
  return keep_all * (1 - static_cast<double>(dropout_p)) + 0.5 < keep_all;
}

Dropout check_dropout(const ArgumentChecks& checks, float dropout_p,
                      const std::optional<RngState>& rng) {
  if (!(dropout_p >= 0 && dropout_p < 1))
    checks.fail("dropout_p", "out of range", fmt::format("{}", dropout_p), "in [0, 1)");
  Dropout dropout;
  const double keep = 1 - static_cast<double>(dropout_p);
  dropout.threshold = static_cast<std::uint32_t>(std::floor(keep_all * keep + 0.5));
  if (dropout.threshold == 0)
    checks.fail("dropout_p", "so near 1 that nothing would be kept", fmt::format("{}", dropout_p),
                "at most 1 - 2^-17");
  if (!dropout.drops()) return dropout;
  dropout.scale = static_cast<float>(static_cast<double>(keep_all) / dropout.threshold);
  if (!rng)
    checks.fail(
        "rng", "dropout needs random numbers", fmt::format("none, with dropout_p = {}", dropout_p),
        "an RngState",
        "give .rng = state.next(), of an RngState that lives on from call to call; a backward "
        "takes the state that its forward took");
  dropout.seed = rng->seed;
  dropout.offset = rng->offset;
  if (rng->memory.present()) {
    check_state(checks, rng->memory);
    dropout.memory = checks.flat(rng->memory, "rng.memory");
  }
  return dropout;
}

DropoutState dropout_state(const OptIn& memory, const U64& seed, const U64& offset) {
  if (!memory) return {seed, offset};
  const Tile first = full(i32, {}, 0), second = full(i32, {}, 1);
  return {memory.gather({first}).to(u64), memory.gather({second}).to(u64) + offset};
}

Mask kept(const DropoutState& state, DropoutStream stream, const Tile& rows,
          const Tile& first_column, int bn, const U32& threshold) {
  const Tile offset = stream == DropoutStream::x ? state.offset : state.offset + 1;
  const auto low = [](const Tile& t) { return t.to(u32); };
  const auto high = [](const Tile& t) { return (t >> 32).to(u32); };
  const std::int64_t r = rows.shape()[0];
  const int calls = std::max(bn / columns_per_call, 1);
  const Tile column =
      first_column.to(u32) / columns_per_call + iota(u32, calls).reshape({1, calls});
  const std::array<Tile, 4> words = philox4x32(low(state.seed), high(state.seed) ^ high(offset),
                                               column, low(rows), high(rows), low(offset), 7);
  return halfwords(words, first_column, r, bn) < (threshold << 16);
}

}  // namespace tegula::ops
