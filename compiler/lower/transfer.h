// How values reach other lanes, by shuffles, and other warps, through shared memory.
#pragma once

#include "compiler/lower/code.h"

namespace tegula::compiler {

/// A scalar, or a vector, of any element type, as another lane has it: the lane whose number is
/// this one's XOR `mask`, or the lane of number `lane`.
mlir::Value from_lane_across(Code& code, mlir::Value value, int mask);
mlir::Value from_lane(Code& code, mlir::Value value, mlir::Value lane);

/// Stores a vector, whose length is a power of two, at element `first` from `base`, if the
/// predicate (null: always true) is true. `first` is a multiple of the length.
void store_partials(Code& code, mlir::Value base, mlir::Value first, mlir::Value vector,
                    mlir::Value predicate);
/// Loads a vector of `count` elements as they were stored.
mlir::Value load_partials(Code& code, mlir::Value base, mlir::Type element, mlir::Value first,
                          std::int64_t count);

}  // namespace tegula::compiler
