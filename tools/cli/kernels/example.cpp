#include "tools/cli/kernels/example.h"

#include "tegula/ops/row_config.h"

namespace tegula::cli {

ConfigFields fields_of(const Bindings& bindings, std::string_view matrix,
                       ops::RowConfig (*choose)(std::int64_t, std::int64_t)) {
  const auto at = bindings.find(matrix);
  if (at == bindings.end()) return {};
  const Dims& shape = at->second.shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1) return {};
  const ops::RowConfig chosen = choose(shape[0], shape[1]);
  return {{"rows", chosen.rows}, {"bn", chosen.bn}, {"warps", chosen.warps}};
}

ConfigFields row_config(const Bindings& bindings, std::string_view matrix) {
  return fields_of(bindings, matrix, ops::choose_row_config);
}

ConfigFields elementwise_config(const Bindings& bindings, std::string_view matrix) {
  return fields_of(bindings, matrix, ops::choose_elementwise_config);
}

}  // namespace tegula::cli
