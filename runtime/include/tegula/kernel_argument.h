// What a kernel is called with.
#pragma once

#include <cstdint>

#include "tegula/tensor.h"

#pragma GCC visibility push(default)
namespace tegula {

/// One argument of a call or of a trace: a tensor, an optional tensor that is absent (a TensorRef
/// without a device), or a scalar.
struct KernelArgument {
  KernelArgument(const TensorRef& ref) : tensor(ref), is_tensor(true), present(ref.present()) {}
  KernelArgument(float value);
  KernelArgument(double value);
  KernelArgument(std::int32_t value);
  KernelArgument(std::int64_t value);
  KernelArgument(std::uint32_t value);
  KernelArgument(std::uint64_t value);
  /// A row-major tensor without a device, aligned to 16 bytes: enough to trace, not to launch.
  static KernelArgument example(DType dtype, const Dims& shape);

  TensorRef tensor;
  bool is_tensor = false;
  bool present = true;
  DType dtype = DType::f32;  ///< of scalars
  std::uint64_t bits = 0;    ///< of scalars: the value, low bytes first
};

}  // namespace tegula
#pragma GCC visibility pop
