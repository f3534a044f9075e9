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

/// The largest distance in ulps of the elements of `got` from the reference of those of `x`,
/// floats; infinite where one is a NaN or an infinity and the other is not.
double worst_error(const Host& x, const Host& got, long double (*reference)(long double));

std::uint64_t bits_of(const Host& host, std::int64_t element);

}  // namespace tegula::golden
