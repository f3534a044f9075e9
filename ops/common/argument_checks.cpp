#include "ops/common/argument_checks.h"

#include <fmt/format.h>

#include "ops/common/overlap.h"
#include "runtime/tensor_checks.h"
#include "tegula/error.h"

namespace tegula::ops {

using runtime::describe;

void ArgumentChecks::fail(std::string_view argument, std::string problem, std::string got,
                          std::string wanted, std::string hint) const {
  throw Error(ErrorCode::invalid_argument, {.where = std::string(op_),
                                            .argument = std::string(argument),
                                            .problem = std::move(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted),
                                            .hint = std::move(hint)});
}

void ArgumentChecks::float_tensor(const TensorRef& tensor, std::string_view name) const {
  if (!tensor.present()) fail(name, "the tensor is absent", "no tensor", "a tensor on a device");
  if (tensor.dtype != DType::f32 && tensor.dtype != DType::f16 && tensor.dtype != DType::bf16)
    fail(name, "wrong dtype", std::string(dtype_name(tensor.dtype)), "f32, f16 or bf16");
  runtime::check_memory(op_, name, tensor, device_);
}

void ArgumentChecks::shape(const TensorRef& tensor, std::string_view name, const Dims& wanted,
                           std::string_view reason) const {
  if (!(tensor.shape == wanted))
    fail(name, "wrong shape", to_string(tensor.shape),
         fmt::format("{}, {}", to_string(wanted), reason));
}

void ArgumentChecks::dtype(const TensorRef& tensor, std::string_view name, DType wanted,
                           std::string_view reason) const {
  if (tensor.dtype != wanted)
    fail(name, "wrong dtype", std::string(dtype_name(tensor.dtype)),
         fmt::format("{}, {}", dtype_name(wanted), reason));
}

void ArgumentChecks::unit_last_stride(const TensorRef& tensor, std::string_view name) const {
  if (tensor.shape.back() > 1 && tensor.strides.back() != 1)
    fail(name, "the last dimension is not contiguous",
         fmt::format("stride {}", tensor.strides.back()), "stride 1",
         "make the tensor contiguous first");
}

TensorRef ArgumentChecks::rows(const TensorRef& tensor, std::string_view name) const {
  if (tensor.rank() == 0) fail(name, "wrong rank", "a scalar", "a tensor of shape (..., N)");
  unit_last_stride(tensor, name);
  const std::int64_t columns = tensor.shape.back();
  const Dims leading(std::span<const std::int64_t>(tensor.shape.begin(), tensor.rank() - 1));
  const std::int64_t count = element_count(leading);
  TensorRef matrix = {tensor.data, tensor.dtype, {count, columns}, {columns, 1}, tensor.device};
  if (element_count(tensor.shape) == 0) return matrix;
  // From the last leading dimension outwards: each must continue where the one within it ended.
  std::int64_t inner_rows = 1;
  for (std::size_t d = leading.size(); d-- > 0;) {
    if (leading[d] == 1) continue;
    std::int64_t wanted = tensor.strides[d];
    if (inner_rows == 1)
      matrix.strides[0] = wanted;
    else if (__builtin_mul_overflow(matrix.strides[0], inner_rows, &wanted) ||
             wanted != tensor.strides[d])
      fail(name, "the leading dimensions are not evenly spaced, so they do not form rows",
           fmt::format("shape {}, strides {}", to_string(tensor.shape), to_string(tensor.strides)),
           fmt::format("stride {} in dimension {}", wanted, d), "make the tensor contiguous first");
    inner_rows *= leading[d];
  }
  return matrix;
}

TensorRef ArgumentChecks::destination_rows(const TensorRef& tensor, std::string_view name) const {
  const TensorRef matrix = rows(tensor, name);
  if (matrix.shape[0] > 1 && matrix.strides[0] < matrix.shape[1] &&
      matrix.strides[0] > -matrix.shape[1])
    fail(name, "the rows of a destination overlap", fmt::format("row stride {}", matrix.strides[0]),
         fmt::format("at least {}", matrix.shape[1]));
  return matrix;
}

TensorRef ArgumentChecks::vector(const TensorRef& tensor, std::string_view name) const {
  unit_last_stride(tensor, name);
  return {tensor.data, tensor.dtype, tensor.shape, {1}, tensor.device};
}

void ArgumentChecks::disjoint(const TensorRef& output, std::string_view output_name,
                              const TensorRef& other, std::string_view other_name) const {
  if (overlaps(output, other, output_name))
    fail(output_name, fmt::format("the destination overlaps {}", other_name),
         fmt::format("{} at {} and {} at {}", describe(output), output.data, describe(other),
                     other.data),
         "memory of its own");
}

}  // namespace tegula::ops
