// Two tensors of bits, element by element.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/golden/case.h"

namespace tegula::golden {

struct Comparison {
  struct Example {
    std::int64_t element = 0;
    std::uint64_t a = 0, b = 0;  ///< bits
  };
  std::int64_t elements = 0;
  std::int64_t differ = 0;  ///< NaNs are one
  /// Of floats, how many numbers lie between two that differ, at most; -1 where one is a NaN and
  /// the other is not.
  std::int64_t furthest = 0;
  std::vector<Example> examples;  ///< the first few, and the furthest
};

/// Of outputs of one dtype and size.
Comparison compare(const Host& a, const Host& b);

/// The worst of the elements that are not the nearest number to what the reference says of x.
struct Errors {
  double ulps = 0;
  double relative = 0;  ///< where the reference is a normal number
  double absolute = 0;  ///< where |x| is at most 2 pi
  /// Elements that are a NaN or an infinity where they should not be, or the other way round.
  std::int64_t wrong_kind = 0;
};
/// Of floats.
Errors worst_errors(const Host& x, const Host& got, long double (*reference)(long double));

std::uint64_t bits_of(const Host& host, std::int64_t element);

}  // namespace tegula::golden
