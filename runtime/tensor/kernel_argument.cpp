#include "tegula/kernel_argument.h"

#include <bit>

namespace tegula {

KernelArgument::KernelArgument(float value)
    : dtype(DType::f32), bits(std::bit_cast<std::uint32_t>(value)) {}
KernelArgument::KernelArgument(double value)
    : dtype(DType::f64), bits(std::bit_cast<std::uint64_t>(value)) {}
KernelArgument::KernelArgument(std::int32_t value)
    : dtype(DType::i32), bits(static_cast<std::uint32_t>(value)) {}
KernelArgument::KernelArgument(std::int64_t value)
    : dtype(DType::i64), bits(static_cast<std::uint64_t>(value)) {}
KernelArgument::KernelArgument(std::uint32_t value) : dtype(DType::u32), bits(value) {}
KernelArgument::KernelArgument(std::uint64_t value) : dtype(DType::u64), bits(value) {}

KernelArgument KernelArgument::example(DType dtype, const Dims& shape) {
  KernelArgument argument{TensorRef{}};
  argument.tensor.dtype = dtype;
  argument.tensor.shape = shape;
  argument.tensor.strides = contiguous_strides(shape);
  argument.present = true;
  return argument;
}

}  // namespace tegula
