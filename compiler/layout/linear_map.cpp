#include "compiler/layout/linear_map.h"

#include <array>
#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

namespace tegula::layout {
namespace {

// Whether x has no bits at or above `bits`. (A shift by 64 is undefined, hence the first test.)
bool fits(uint64_t x, int bits) { return bits >= 64 || (x >> bits) == 0; }

// The columns in echelon form, eliminated from the first to the last.
class Echelon {
 public:
  // An output value with the input that makes it: value == map(input).
  struct Pair {
    uint64_t value = 0;
    uint64_t input = 0;
  };

  explicit Echelon(const std::vector<uint64_t>& columns) {
    for (size_t i = 0; i < columns.size(); ++i) {
      Pair rest = reduce(columns[i]);
      rest.input ^= uint64_t{1} << i;
      if (rest.value == 0) {
        kernel.push_back(rest.input);
      } else {
        pivots_[std::bit_width(rest.value) - 1] = rest;
        independent |= uint64_t{1} << i;
      }
    }
  }

  // Cancels the highest bits of y as far as the pivots go. The result has value == y ^ map(input),
  // which is 0 exactly when y is in the image; input uses independent columns only.
  Pair reduce(uint64_t y) const {
    Pair rest{y, 0};
    for (int bit = 63; bit >= 0; --bit) {
      if ((rest.value >> bit & 1) == 0) continue;
      rest.value ^= pivots_[bit].value;
      rest.input ^= pivots_[bit].input;
    }
    return rest;
  }

  uint64_t independent = 0;
  std::vector<uint64_t> kernel;

 private:
  // At most one per leading output bit; an absent one is zero, and XOR with it changes nothing.
  std::array<Pair, 64> pivots_{};
};

}  // namespace

LinearMap::LinearMap(std::vector<uint64_t> columns, int out_bits)
    : columns_(std::move(columns)), out_bits_(out_bits) {
  if (columns_.size() > max_bits || out_bits < 0 || out_bits > max_bits)
    throw std::invalid_argument("linear map from " + std::to_string(columns_.size()) + " to " +
                                std::to_string(out_bits) + " bits: both must be in 0..64");
  for (size_t i = 0; i < columns_.size(); ++i)
    if (!fits(columns_[i], out_bits))
      throw std::invalid_argument("linear map: column " + std::to_string(i) + " is " +
                                  std::to_string(columns_[i]) + ", which needs more than " +
                                  std::to_string(out_bits) + " bits");
}

LinearMap LinearMap::identity(int bits) {
  std::vector<uint64_t> columns;
  for (int i = 0; i < bits && i < max_bits; ++i) columns.push_back(uint64_t{1} << i);
  return LinearMap(std::move(columns), bits);
}

LinearMap LinearMap::zero(int in_bits, int out_bits) {
  if (in_bits < 0) throw std::invalid_argument("linear map: in_bits is negative");
  return LinearMap(std::vector<uint64_t>(in_bits, 0), out_bits);
}

LinearMap LinearMap::concat(const LinearMap& low, const LinearMap& high) {
  if (low.out_bits_ != high.out_bits_)
    throw std::invalid_argument("linear map: concat of maps to " + std::to_string(low.out_bits_) +
                                " and " + std::to_string(high.out_bits_) + " bits");
  std::vector<uint64_t> columns = low.columns_;
  columns.insert(columns.end(), high.columns_.begin(), high.columns_.end());
  return LinearMap(std::move(columns), low.out_bits_);
}

uint64_t LinearMap::operator()(uint64_t x) const {
  if (!fits(x, in_bits()))
    throw std::invalid_argument("linear map: input " + std::to_string(x) + " needs more than " +
                                std::to_string(in_bits()) + " bits");
  uint64_t y = 0;
  for (; x != 0; x &= x - 1) y ^= columns_[std::countr_zero(x)];
  return y;
}

LinearMap LinearMap::compose(const LinearMap& inner) const {
  if (inner.out_bits_ != in_bits())
    throw std::invalid_argument("linear map: compose of a map from " + std::to_string(in_bits()) +
                                " bits after one to " + std::to_string(inner.out_bits_) + " bits");
  std::vector<uint64_t> columns;
  for (uint64_t column : inner.columns_) columns.push_back((*this)(column));
  return LinearMap(std::move(columns), out_bits_);
}

LinearMap LinearMap::restrict_to(int first, int count) const {
  if (first < 0 || count < 0 || first > in_bits() - count)
    throw std::invalid_argument("linear map: restriction to " + std::to_string(count) +
                                " bits from bit " + std::to_string(first) + " of " +
                                std::to_string(in_bits()));
  const auto begin = columns_.begin() + first;
  return LinearMap(std::vector<uint64_t>(begin, begin + count), out_bits_);
}

uint64_t LinearMap::independent_columns() const { return Echelon(columns_).independent; }

int LinearMap::rank() const { return std::popcount(independent_columns()); }

std::vector<uint64_t> LinearMap::kernel() const { return Echelon(columns_).kernel; }

std::optional<uint64_t> LinearMap::solve(uint64_t y) const {
  const auto rest = Echelon(columns_).reduce(y);
  if (rest.value != 0) return std::nullopt;
  return rest.input;
}

std::optional<LinearMap> LinearMap::right_inverse() const {
  const Echelon echelon(columns_);
  std::vector<uint64_t> columns;
  for (int bit = 0; bit < out_bits_; ++bit) {
    const auto rest = echelon.reduce(uint64_t{1} << bit);
    if (rest.value != 0) return std::nullopt;
    columns.push_back(rest.input);
  }
  return LinearMap(std::move(columns), in_bits());
}

std::optional<LinearMap> LinearMap::inverse() const {
  if (in_bits() != out_bits_) return std::nullopt;
  return right_inverse();
}

}  // namespace tegula::layout
