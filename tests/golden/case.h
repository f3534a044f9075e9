// The same kernels on the same inputs on two devices, to see where a GPU and the simulator part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tegula/device.h"
#include "tegula/tensor.h"

namespace tegula::golden {

/// A row-major tensor on the host.
struct Host {
  DType dtype = DType::f32;
  Dims shape;
  std::vector<std::byte> bytes;
};

struct Case {
  std::string name;
  /// Whether the language promises the same bits (NaNs are one) everywhere; else what differs is
  /// only told.
  bool exact = true;
  std::vector<Host> inputs;
  std::vector<Host> outputs;  ///< with what they hold before
  std::function<void(Stream&, const std::vector<Tensor>& inputs,
                     const std::vector<Tensor>& outputs)>
      run;
  /// What the elements of the only output should be, of those of the only input; may be null.
  long double (*reference)(long double) = nullptr;
};

/// `count` elements of any bits: zeros, extremes, NaNs, infinities, every power of two and its
/// neighbours, numbers around 1, then random ones; of 16 bits or fewer every element, whatever
/// `count` says.
Host any_bits(DType dtype, std::int64_t count, std::uint64_t seed);
/// Every pair of special elements of the dtype, one of each pair in each tensor, then any bits.
/// `nonzero`: no element of the second tensor is 0.
std::vector<Host> pairs(DType dtype, std::int64_t count, bool nonzero);
/// normal(0, 1), rounded to the dtype.
Host normal_values(DType dtype, const Dims& shape, std::uint64_t seed);
/// Whole numbers from 0 to `below` - 1, of any dtype.
Host whole_values(DType dtype, const Dims& shape, std::uint64_t seed, std::int64_t below);
Host zeros_of(DType dtype, const Dims& shape);

std::vector<Case> scalar_cases(std::int64_t samples);
std::vector<Case> cast_cases(std::int64_t samples);
std::vector<Case> collective_cases();
std::vector<Case> op_cases();

}  // namespace tegula::golden
