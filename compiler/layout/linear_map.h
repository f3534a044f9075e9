// LinearMap: a linear map over GF(2), the two-element field where addition is XOR.
//
// A number is read as a vector of bits. A map f is linear when f(x ^ y) == f(x) ^ f(y); it is then
// known from what it does to each single bit, its columns:
//
//     f(1) = 1                       f(x) is the XOR of the columns of x's set bits:
//     f(2) = 6      as a picture
//     f(4) = 2                           f(5) = f(4 ^ 1) = 2 ^ 1 = 3
//
//                input bit   2 1 0
//     output bit 2           . 1 .       LinearMap f({1, 6, 2}, 3);
//     output bit 1           1 1 .
//     output bit 0           . . 1
//
// Permuting bits, dropping bits and XOR swizzles are all linear maps, and every question about them
// is answered by Gaussian elimination on at most 64 machine words.
//
// One convention holds throughout: elimination goes from input bit 0 upwards, and a column is
// *dependent* if it is the XOR of some columns below it. Solutions never use dependent bits, so
// they are the smallest ones: two solutions differ by a kernel vector, whose highest set bit is
// always a dependent bit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tegula::layout {

class LinearMap {
 public:
  static constexpr int max_bits = 64;

  // The only map from no bits to no bits.
  LinearMap() = default;

  // `columns[i]` is the image of input bit i. Throws std::invalid_argument if there are more than
  // 64 columns, if out_bits is not in 0..64, or if a column does not fit in out_bits bits.
  LinearMap(std::vector<uint64_t> columns, int out_bits);

  static LinearMap identity(int bits);
  static LinearMap zero(int in_bits, int out_bits);

  // Two maps side by side, (l, h) -> low(l) ^ high(h), with l in the low input bits.
  // Throws std::invalid_argument if their out_bits differ.
  static LinearMap concat(const LinearMap& low, const LinearMap& high);

  int in_bits() const { return static_cast<int>(columns_.size()); }
  int out_bits() const { return out_bits_; }
  uint64_t column(int input_bit) const { return columns_.at(input_bit); }
  const std::vector<uint64_t>& columns() const { return columns_; }

  // The image of x. Throws std::invalid_argument if x has bits at or above in_bits().
  uint64_t operator()(uint64_t x) const;

  // This map after `inner`: x -> (*this)(inner(x)).
  // Throws std::invalid_argument if inner.out_bits() != in_bits().
  LinearMap compose(const LinearMap& inner) const;

  // The map of the `count` input bits from `first` on; the others are held at zero.
  // Throws std::invalid_argument if the range leaves 0..in_bits().
  LinearMap restrict_to(int first, int count) const;

  // Mask of the input bits whose column is not the XOR of columns below it. These columns are a
  // basis of the image.
  uint64_t independent_columns() const;

  int rank() const;
  bool is_injective() const { return rank() == in_bits(); }
  bool is_surjective() const { return rank() == out_bits(); }
  bool is_invertible() const { return is_injective() && is_surjective(); }

  // A basis of { x : map(x) == 0 }: one vector for each dependent column, which is its highest set
  // bit, in ascending order.
  std::vector<uint64_t> kernel() const;

  // The smallest x with map(x) == y, or nullopt if y is not in the image. x is linear in y.
  std::optional<uint64_t> solve(uint64_t y) const;

  // The map y -> solve(y): compose(*right_inverse()) is the identity. nullopt if not surjective.
  std::optional<LinearMap> right_inverse() const;

  // The two-sided inverse. nullopt if not invertible.
  std::optional<LinearMap> inverse() const;

  friend bool operator==(const LinearMap&, const LinearMap&) = default;

 private:
  std::vector<uint64_t> columns_;
  int out_bits_ = 0;
};

}  // namespace tegula::layout
