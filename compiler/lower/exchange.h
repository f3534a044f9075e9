// Exchange: how values reach other lanes, by shuffles, and other warps, through shared memory.
#pragma once

#include "compiler/lower/code.h"

namespace tegula::compiler {

/// A scalar, or a vector, of any element type, as another lane has it: that whose number differs by
/// XOR with `mask`, or that of number `lane`.
mlir::Value from_lane_across(Code& code, mlir::Value value, int mask);
mlir::Value from_lane(Code& code, mlir::Value value, mlir::Value lane);

/// Stores a vector, of a power of two of elements, from element `first` behind `base` on, where the
/// predicate (null: always) is true. `first` is a multiple of their number.
void store_partials(Code& code, mlir::Value base, mlir::Value first, mlir::Value vector,
                    mlir::Value predicate);
/// Loads a vector of `count` elements as they were stored.
mlir::Value load_partials(Code& code, mlir::Value base, mlir::Type element, mlir::Value first,
                          std::int64_t count);

}  // namespace tegula::compiler
