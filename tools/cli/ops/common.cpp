#include "tools/cli/ops/common.h"

#include <fmt/format.h>

#include "ops/reference/transfer.h"
#include "tools/cli/command.h"

namespace tegula::cli {

reference::Values values_of(const OpCall& call, std::string_view name) {
  const InputTensor* input = call.find(name);
  if (input == nullptr) return {};
  return {input->tensor.dtype(), input->values};
}

ExpectedOutput expected_mask(std::string name, std::vector<double> mask) {
  return {std::move(name), mask, mask};
}

std::vector<double> values_of(const std::vector<Output>& outputs, std::string_view name) {
  for (const Output& output : outputs)
    if (output.name == name) return reference::download(output.tensor);
  return {};
}

MatrixShape matrix_shape(const Dims& shape) {
  MatrixShape matrix = {1, shape.empty() ? 0 : shape.back()};
  for (std::size_t d = 0; d + 1 < shape.size(); ++d) matrix.rows *= shape[d];
  return matrix;
}

std::optional<DType> out_dtype_of(const OpCall& call) {
  const std::string& dtype = call.params.at("out_dtype");
  if (dtype.empty()) return std::nullopt;
  return parse_dtype_value(dtype, "--param out_dtype");
}

float float_of(const OpCall& call, std::string_view name) {
  return static_cast<float>(
      parse_number(call.params.find(name)->second, fmt::format("--param {}", name)));
}

bool flag_of(const OpCall& call, std::string_view name) {
  return parse_flag(call.params.find(name)->second, fmt::format("--param {}", name));
}

std::int64_t integer_of(const OpCall& call, std::string_view name) {
  return parse_integer(call.params.find(name)->second, fmt::format("--param {}", name));
}

ops::RngState rng_of(const OpCall& call) {
  const auto seed_of = [&](std::string_view name) {
    return parse_unsigned(call.params.find(name)->second, fmt::format("--param {}", name));
  };
  return {.seed = seed_of("seed"), .offset = seed_of("offset")};
}

reference::DropoutProblem dropout_of(const OpCall& call) {
  const ops::RngState rng = rng_of(call);
  return {float_of(call, "dropout_p"), rng.seed, rng.offset};
}

int field_value(const std::string& name, std::int64_t value) {
  if (value < -1 || value > 1 << 20)
    usage_error("config." + name, "no such configuration", std::to_string(value), "1 to 1048576");
  return static_cast<int>(value);
}

std::optional<ops::RowConfig> row_config_of(const OpCall& call, std::string_view matrix,
                                            ops::RowConfig (*choose)(std::int64_t, std::int64_t)) {
  return row_config_of(call, matrix_shape(call.ref(matrix).shape), choose);
}

std::optional<ops::RowConfig> row_config_of(const OpCall& call, const MatrixShape& matrix,
                                            ops::RowConfig (*choose)(std::int64_t, std::int64_t)) {
  if (call.config.empty()) return std::nullopt;
  ops::RowConfig config = choose(matrix.rows, matrix.n);
  for (const auto& [name, value] : call.config) {
    if (name == "rows") config.rows = field_value(name, value);
    if (name == "bn") config.bn = field_value(name, value);
    if (name == "warps") config.warps = field_value(name, value);
  }
  return config;
}

}  // namespace tegula::cli
