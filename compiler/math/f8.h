// The eight-bit floats, which are i8 in every pass: their codes to f32 and back by integer
// arithmetic, the same on every architecture.
#pragma once

#include <cstdint>

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "tegula/dtype.h"

namespace tegula::compiler {

inline bool is_f8(DType dtype) { return dtype == DType::f8e4m3 || dtype == DType::f8e5m2; }

/// f32 scalars or tiles of i8 codes; exact. `dtype`: f8e4m3 or f8e5m2.
mlir::Value decode_f8(mlir::OpBuilder& builder, mlir::Location loc, DType dtype, mlir::Value codes);

/// i8 codes of f32 or f64 scalars or tiles: rounded once, to nearest even; beyond the largest
/// finite number, infinities included, that number; NaN gives 0x7f. As PTX's cvt.rn.satfinite.
mlir::Value encode_f8(mlir::OpBuilder& builder, mlir::Location loc, DType dtype, mlir::Value x);

/// The same for one number, on the host.
std::uint8_t f8_code(DType dtype, double value);

}  // namespace tegula::compiler
