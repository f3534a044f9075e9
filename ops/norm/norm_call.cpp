#include "ops/norm/norm_call.h"

#include <fmt/format.h>

#include "runtime/format/architecture.h"

namespace tegula::ops {
void check_norm_vector(const ArgumentChecks& checks, const TensorRef& vector, std::string_view name,
                       std::int64_t n, std::string_view reason) {
  if (!vector.present()) return;
  checks.float_tensor(vector, name);
  checks.shape(vector, name, {n}, reason);
}

void check_norm_weight(const ArgumentChecks& checks, const TensorRef& weight, std::int64_t n,
                       std::string_view reason) {
  if (!weight.present())
    checks.fail("weight", "the tensor is absent", "no tensor",
                fmt::format("{} elements of f32, f16 or bf16, {}", n, reason));
  check_norm_vector(checks, weight, "weight", n, reason);
}

void check_norm_rows(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name,
                     const Dims& shape, std::string_view reason) {
  if (!tensor.present()) return;
  checks.float_tensor(tensor, name);
  checks.shape(tensor, name, shape, reason);
}

void check_rowscale(const ArgumentChecks& checks, const TensorRef& rowscale, std::int64_t rows) {
  if (!rowscale.present()) return;
  checks.float_tensor(rowscale, "rowscale");
  const std::int64_t count = element_count(rowscale.shape);
  if (count != rows)
    checks.fail("rowscale", "wrong number of elements",
                fmt::format("{} (shape {})", count, to_string(rowscale.shape)),
                fmt::format("{}, one for each row", rows));
}

void check_subsets(const ArgumentChecks& checks, const NormExtras& extras, std::int64_t rows) {
  const auto check = [&](const TensorRef& map, std::string_view name) {
    checks.tensor_of(map, name, DType::i32, "row numbers");
    if (map.rank() != 1)
      checks.fail(name, "wrong rank", to_string(map.shape), "a vector of row numbers");
    checks.vector(map, name);
  };
  if (extras.x_subset.present()) {
    check(extras.x_subset, "x0_subset");
    rows = extras.x_subset.shape[0];
  }
  if (!extras.out_subset.present()) return;
  check(extras.out_subset, "out_subset");
  checks.shape(extras.out_subset, "out_subset", {rows}, "an element for each row");
  if (extras.out_rows < 0)
    checks.fail("out_numrows", "out of range", std::to_string(extras.out_rows), "at least 0");
}

TensorRef rows_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name) {
  return tensor.present() ? checks.rows(tensor, name) : TensorRef{};
}
TensorRef vector_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name) {
  return tensor.present() ? checks.vector(tensor, name) : TensorRef{};
}
TensorRef flat_if(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name) {
  return tensor.present() ? checks.flat(tensor, name) : TensorRef{};
}

bool has_clusters(const Device& device) {
  return format::compute_of(device.target().arch).value_or(0) >= 90;
}

}  // namespace tegula::ops
