// Arithmetic on constants, as the kernel would do it; no result where that would overflow or divide
// by zero.
#pragma once

#include <cstdint>
#include <optional>

#include "dsl/program/program.h"

namespace tegula::detail {

/// An elementwise op on two integers of one dtype other than u64.
std::optional<std::int64_t> fold_integers(program::Op op, DType dtype, std::int64_t a,
                                          std::int64_t b);

/// An integer converted to another integer dtype, or exactly rounded to f32 or f64; gives the
/// constant's bits.
std::optional<std::int64_t> fold_cast(std::int64_t value, DType from, DType to);

}  // namespace tegula::detail
