#include "ops/common/argument_checks.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "ops/common/overlap.h"
#include "runtime/tensor/checks.h"
#include "runtime/tensor/hull.h"
#include "tegula/error.h"

namespace tegula::ops {

using runtime::describe;

namespace {

/// A vector of any stride as a matrix of one column, for overlaps().
TensorRef as_matrix(TensorRef tensor) {
  if (tensor.rank() == 1 && tensor.strides[0] != 1) {
    tensor.shape.push_back(1);
    tensor.strides.push_back(1);
  }
  return tensor;
}

}  // namespace

void ArgumentChecks::float_tensor(const TensorRef& tensor, std::string_view name) const {
  if (!tensor.present()) fail(name, "the tensor is absent", "no tensor", "a tensor on a device");
  if (tensor.dtype != DType::f32 && tensor.dtype != DType::f16 && tensor.dtype != DType::bf16)
    fail(name, "wrong dtype", std::string(dtype_name(tensor.dtype)), "f32, f16 or bf16");
  runtime::check_memory(op(), name, tensor, device());
}

void ArgumentChecks::tensor_of(const TensorRef& tensor, std::string_view name, DType wanted,
                               std::string_view reason) const {
  if (!tensor.present()) fail(name, "the tensor is absent", "no tensor", "a tensor on a device");
  dtype(tensor, name, wanted, reason);
  runtime::check_memory(op(), name, tensor, device());
}

DType ArgumentChecks::output_dtype(const TensorRef& given, std::string_view name,
                                   std::optional<DType> wanted, DType otherwise, const Dims& dims,
                                   std::string_view reason, std::string_view wanted_name) const {
  if (wanted && *wanted != DType::f32 && *wanted != DType::f16 && *wanted != DType::bf16)
    fail(wanted_name, "wrong dtype", std::string(dtype_name(*wanted)), "f32, f16 or bf16");
  if (!given.present()) return wanted.value_or(otherwise);
  float_tensor(given, name);
  shape(given, name, dims, reason);
  if (wanted) dtype(given, name, *wanted, wanted_name);
  return given.dtype;
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
  if (tensor.rank() > 0 && tensor.shape.back() > 1 && tensor.strides.back() != 1)
    fail(name, "the last dimension is not contiguous",
         fmt::format("stride {}", tensor.strides.back()), "stride 1",
         "make the tensor contiguous first");
}

void ArgumentChecks::disjoint_elements(const TensorRef& tensor, std::string_view name) const {
  if (element_count(tensor.shape) == 0) return;
  std::vector<std::size_t> order;
  for (std::size_t d = 0; d < tensor.rank(); ++d)
    if (tensor.shape[d] > 1) order.push_back(d);
  const auto step = [&](std::size_t d) {
    return tensor.strides[d] < 0 ? 0 - static_cast<std::uint64_t>(tensor.strides[d])
                                 : static_cast<std::uint64_t>(tensor.strides[d]);
  };
  std::ranges::sort(order, {}, step);
  std::uint64_t span = 1;  // elements of the tighter dimensions, from the first to the last
  for (const std::size_t d : order) {
    if (step(d) < span)
      fail(name, "the elements of a destination overlap",
           fmt::format("stride {} in dimension {}", tensor.strides[d], d),
           fmt::format("at least {}", span));
    const auto last = static_cast<std::uint64_t>(tensor.shape[d] - 1);
    std::uint64_t reach = 0;
    if (__builtin_mul_overflow(last, step(d), &reach) || __builtin_add_overflow(span, reach, &span))
      return;  // hull() says that it reaches beyond the address space
  }
}

std::int64_t ArgumentChecks::even_stride(const TensorRef& tensor, std::size_t count,
                                         std::string_view name, std::string_view problem,
                                         std::int64_t otherwise) const {
  // From the last dimension outwards: each must continue where the one within it ended.
  std::int64_t stride = otherwise, inner = 1;
  for (std::size_t d = count; d-- > 0;) {
    if (tensor.shape[d] == 1) continue;
    std::int64_t wanted = tensor.strides[d];
    if (inner == 1)
      stride = wanted;
    else if (__builtin_mul_overflow(stride, inner, &wanted) || wanted != tensor.strides[d])
      fail(name, std::string(problem),
           fmt::format("shape {}, strides {}", to_string(tensor.shape), to_string(tensor.strides)),
           fmt::format("stride {} in dimension {}", wanted, d), "make the tensor contiguous first");
    inner *= tensor.shape[d];
  }
  return stride;
}

TensorRef ArgumentChecks::rows(const TensorRef& tensor, std::string_view name) const {
  if (tensor.rank() == 0) fail(name, "wrong rank", "a scalar", "a tensor of shape (..., N)");
  unit_last_stride(tensor, name);
  if (tensor.rank() == 2 && tensor.shape[0] > 1 && tensor.shape[1] > 1) return tensor;  // as it is
  const std::int64_t columns = tensor.shape.back();
  const Dims leading(std::span<const std::int64_t>(tensor.shape.begin(), tensor.rank() - 1));
  const std::int64_t count = element_count(leading);
  TensorRef matrix = tensor;  // with its mark of read-only memory
  matrix.shape = {count, columns};
  matrix.strides = {columns, 1};
  if (element_count(tensor.shape) == 0) return matrix;
  matrix.strides[0] = even_stride(
      tensor, leading.size(), name,
      "the leading dimensions are not evenly spaced, so they do not form rows", columns);
  return matrix;
}

TensorRef ArgumentChecks::flat(const TensorRef& tensor, std::string_view name) const {
  const std::int64_t count = element_count(tensor.shape);
  TensorRef vector = tensor;
  vector.shape = {count};
  vector.strides = {1};
  if (count > 0)
    vector.strides[0] =
        even_stride(tensor, tensor.rank(), name, "the elements are not evenly spaced", 1);
  return vector;
}

TensorRef ArgumentChecks::destination_flat(const TensorRef& tensor, std::string_view name) const {
  const TensorRef vector = flat(tensor, name);
  if (vector.shape[0] > 1 && vector.strides[0] == 0)
    fail(name, "the elements of a destination overlap", "stride 0", "another stride");
  return vector;
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
  TensorRef vector = tensor;
  vector.strides = {1};
  return vector;
}

void ArgumentChecks::disjoint(const TensorRef& output, std::string_view output_name,
                              const TensorRef& other, std::string_view other_name) const {
  if (output.present() && other.present() &&
      overlaps(as_matrix(output), as_matrix(other), output_name))
    fail(output_name, fmt::format("the destination overlaps {}", other_name),
         fmt::format("{} at {} and {} at {}", describe(output), output.data, describe(other),
                     other.data),
         "memory of its own");
}

void ArgumentChecks::disjoint_or_in_place(const TensorRef& output, std::string_view output_name,
                                          const TensorRef& other,
                                          std::string_view other_name) const {
  if (output.data == other.data && output.dtype == other.dtype && output.shape == other.shape &&
      output.strides == other.strides)
    return;
  disjoint(output, output_name, other, other_name);
}

}  // namespace tegula::ops
