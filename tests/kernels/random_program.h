// Random sequences of tile operations on i32, for comparing the compiler with plain loops over
// arrays. Integers: every order of summation gives the same bits.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace tegula::testing {

/// A row-major block of elements; arithmetic is modulo 2^32.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<std::int32_t> values;
};

enum class StepKind : std::uint8_t {
  add,
  sub,
  mul,
  bit_and,
  bit_or,
  bit_xor,
  min,
  max,
  choose,
  high_product,  // of a and b
  shift_left,
  shift_right,
  narrow,  // of a, by `number`
  transpose,
  reshape,
  expand,  // to `dims`
  sum,
  reduce_max,
  reduce_min,
  argmin,
  cumsum,
  cumsum_reverse,  // along `axis`
  join,
  split_first,
  split_second,
  cat,
  loop,
  count
};

/// One operation on values made before it, by their numbers.
struct Step {
  StepKind kind = StepKind::add;
  std::size_t a = 0, b = 0;
  int axis = 0, number = 0;
  std::vector<std::int64_t> dims;  ///< a shape, or a permutation
};

/// Appends `steps` operations, each of which suits the shapes; `shapes` grows with them.
std::vector<Step> random_steps(std::vector<std::vector<std::int64_t>>& shapes, int steps,
                               std::uint64_t seed);

/// What the step gives, by loops.
Array computed(const Step& step, const std::vector<Array>& values);

}  // namespace tegula::testing
