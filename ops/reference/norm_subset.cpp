#include "ops/reference/norm_subset.h"

#include <algorithm>

namespace tegula::reference {
namespace {

using Data = std::vector<double>;

/// Row r of the result is row map[r] of `compact`, which may have no rows at all, or 0.
Data expanded(const Data& compact, const Data& map, std::int64_t n) {
  if (map.empty()) return compact;
  Data full(map.size() * static_cast<std::size_t>(n), 0.0);
  for (std::size_t r = 0; r < map.size(); ++r)
    if (map[r] != 0)
      std::copy_n(compact.begin() + (static_cast<std::int64_t>(map[r]) - 1) * n, n,
                  full.begin() + static_cast<std::int64_t>(r) * n);
  return full;
}

/// The inverse: of `rows` rows.
Data compacted(const Data& full, const Data& map, std::int64_t rows, std::int64_t n) {
  if (map.empty() || full.empty()) return full;
  Data compact(static_cast<std::size_t>(rows * n), 0.0);
  for (std::size_t r = 0; r < map.size(); ++r)
    if (map[r] != 0)
      std::copy_n(full.begin() + static_cast<std::int64_t>(r) * n, n,
                  compact.begin() + (static_cast<std::int64_t>(map[r]) - 1) * n);
  return compact;
}

NormProblem expanded(const NormProblem& problem, const NormSubset& subset) {
  NormProblem full = problem;
  // rowscale_const goes into the mask's scale.
  if (full.mask.empty()) full.mask.assign(problem.x.data.size(), 1.0);
  full.keep_scale = (problem.mask.empty() ? 1 : problem.keep_scale) * subset.rowscale_const;
  full.x.data = expanded(full.x.data, subset.x_subset, problem.n);
  full.mask = expanded(full.mask, subset.x_subset, problem.n);
  return full;
}

}  // namespace

NormResult norm(const NormProblem& problem, const NormSubset& subset, Precision precision) {
  NormResult result = norm(expanded(problem, subset), precision);
  for (Data* y : {&result.y, &result.y1})
    *y = compacted(*y, subset.out_subset, subset.out_rows, problem.n);
  return result;
}

NormInputGradients norm_bwd(const NormProblem& problem, const NormSubset& subset,
                            const NormOutputGradients& gradients, Precision precision) {
  NormOutputGradients full = gradients;
  full.dy.data = expanded(full.dy.data, subset.out_subset, problem.n);
  if (problem.weight1.present())
    full.dy1.data = expanded(full.dy1.data, subset.out_subset, problem.n);
  NormInputGradients result = norm_bwd(expanded(problem, subset), full, precision);
  if (problem.n > 0)  // else there is nothing to compact
    result.dx = compacted(result.dx, subset.x_subset,
                          static_cast<std::int64_t>(problem.x.data.size()) / problem.n, problem.n);
  return result;
}

}  // namespace tegula::reference
