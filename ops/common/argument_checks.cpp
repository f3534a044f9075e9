#include "ops/common/argument_checks.h"

#include <fmt/format.h>

#include "ops/common/overlap.h"
#include "ops/common/row_checks.h"
#include "runtime/format/scratch.h"
#include "runtime/tensor_checks.h"
#include "runtime/tensor_hull.h"
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

void ArgumentChecks::tensor_of(const TensorRef& tensor, std::string_view name, DType wanted,
                               std::string_view reason) const {
  if (!tensor.present()) fail(name, "the tensor is absent", "no tensor", "a tensor on a device");
  dtype(tensor, name, wanted, reason);
  runtime::check_memory(op_, name, tensor, device_);
}

DType ArgumentChecks::output_dtype(const TensorRef& given, std::string_view name,
                                   std::optional<DType> wanted, DType otherwise, const Dims& dims,
                                   std::string_view reason) const {
  if (wanted && *wanted != DType::f32 && *wanted != DType::f16 && *wanted != DType::bf16)
    fail("out_dtype", "wrong dtype", std::string(dtype_name(*wanted)), "f32, f16 or bf16");
  if (!given.present()) return wanted.value_or(otherwise);
  float_tensor(given, name);
  shape(given, name, dims, reason);
  if (wanted) dtype(given, name, *wanted, "out_dtype");
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
  if (tensor.shape.back() > 1 && tensor.strides.back() != 1)
    fail(name, "the last dimension is not contiguous",
         fmt::format("stride {}", tensor.strides.back()), "stride 1",
         "make the tensor contiguous first");
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

void ArgumentChecks::disjoint(std::span<const NamedTensor> outputs,
                              std::span<const NamedTensor> inputs) const {
  // Each hull once; only where two meet is there anything to tell apart.
  format::Scratch<runtime::Hull, 16> hulls(outputs.size() + inputs.size());
  std::size_t count = 0;
  for (const auto list : {outputs, inputs})
    for (const NamedTensor& named : list)
      hulls[count++] =
          named.tensor.present() ? runtime::hull(named.tensor, named.name) : runtime::Hull{};
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t j = i + 1; j < count; ++j)
      if (hulls[i].overlaps(hulls[j])) {
        const NamedTensor& other = j < outputs.size() ? outputs[j] : inputs[j - outputs.size()];
        disjoint(outputs[i].tensor, outputs[i].name, other.tensor, other.name);
      }
}

void ArgumentChecks::disjoint_or_in_place(const TensorRef& output, std::string_view output_name,
                                          const TensorRef& other,
                                          std::string_view other_name) const {
  if (output.data == other.data && output.dtype == other.dtype && output.shape == other.shape &&
      output.strides == other.strides)
    return;
  disjoint(output, output_name, other, other_name);
}

void ArgumentChecks::blocks(std::string_view name, const Dims& extents, const Dims& tile) const {
  constexpr std::int64_t limit = 2147483647;
  std::int64_t count = 1;  // at most one for each element
  for (std::size_t d = 0; d < extents.size(); ++d) count *= (extents[d] + tile[d] - 1) / tile[d];
  if (count > limit)
    fail(name, "more blocks than a grid may have", fmt::format("{} blocks", count),
         fmt::format("at most {}", limit), "pin a .config with larger tiles");
}

void ArgumentChecks::config(const RowConfig& config) const {
  check_row_config(op_, "config.", config);
}

}  // namespace tegula::ops
