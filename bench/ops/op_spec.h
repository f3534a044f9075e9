// What bench_ops measures: each op, its tensors, the bytes that it must move, its configurations.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tegula/ops.h"

namespace tegula::bench {

/// A pinned configuration; none: the op's own choice.
using Pin = std::variant<std::monostate, ops::RowConfig, ops::NormRowConfig, ops::RotaryConfig>;

/// "2x4096x8": rows, columns and warps of a RowConfig, with the blocks of a cluster behind them
/// where there are more than one, all four fields of a RotaryConfig; "default".
std::string to_string(const Pin& pin);

struct OpSpec {
  const char* op;
  const char* variant;
  /// Bytes of a row of `n` elements that must move: each input read once, each output written once.
  std::int64_t (*bytes_of_row)(DType dtype, std::int64_t n);
  /// Whether the op is measured at this row length.
  bool (*takes)(std::int64_t n);
  /// Allocates the tensors and fills them with random values; the result calls the op once.
  std::function<void(Stream&, const Pin&)> (*prepare)(Stream& stream, DType dtype,
                                                      std::int64_t rows, std::int64_t n);
  /// Every configuration that may make sense.
  std::vector<Pin> (*configs)(std::int64_t rows, std::int64_t n);
};

std::span<const OpSpec> op_specs();

/// normal-like values from -2 to 2, made on the device; of i64 whole numbers in [0, below).
Tensor random_tensor(Stream& stream, DType dtype, const Dims& shape, std::uint32_t seed,
                     std::int64_t below = 1);

/// Writes every element of an f32 vector, so that nothing else stays in the L2 cache.
void overwrite(Stream& stream, const Tensor& tensor, float value);

/// Copies a vector by our own kernel.
void copy(Stream& stream, const Tensor& from, const Tensor& to, int elements, int warps);

}  // namespace tegula::bench
