#include "ops/norm/subset_values.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "ops/common/argument_checks.h"
#include "ops/common/leading.h"

namespace tegula::ops {
namespace {

/// `map` names each of the rows 1 to `rows` of `what` once.
void check_map(const ArgumentChecks& checks, Stream& stream, const TensorRef& map,
               std::string_view name, std::int64_t rows, std::string_view what) {
  if (!map.present()) return;
  const TensorRef vector = checks.vector(map, name);
  if (rows > vector.shape[0])
    checks.fail(name, "too few rows to name each", std::to_string(vector.shape[0]),
                fmt::format("at least {}, the rows of {}", rows, what));
  std::vector<std::int32_t> values(static_cast<std::size_t>(vector.shape[0]));
  if (!values.empty())
    stream.device()->copy_to_host(values.data(), vector.data, values.size() * sizeof(std::int32_t),
                                  stream.native());
  std::vector<bool> named(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    if (values[i] < 0 || values[i] > rows)
      checks.fail(name, "a row number is out of range", fmt::format("{} at {}", values[i], i),
                  rows == 0 ? fmt::format("0, as {} has no rows", what)
                            : fmt::format("0, or 1 to {}, the rows of {}", rows, what),
                  what == "y" ? "out_numrows, or dy, says how many rows y has" : "");
    if (named[static_cast<std::size_t>(values[i] - 1)])
      checks.fail(name, "a row is named twice", fmt::format("{} at {} again", values[i], i),
                  fmt::format("each row of {} once", what));
    named[static_cast<std::size_t>(values[i] - 1)] = true;
  }
  const auto missing = std::ranges::find(named, false);
  if (missing != named.end())
    checks.fail(name, "a row is not named", fmt::format("no {}", missing - named.begin() + 1),
                fmt::format("each of the {} rows of {} once", rows, what));
}

}  // namespace

void check_out_rows(const NormArgs& a, const Plan& plan) {
  if (a.out_subset.present() && a.out_rows < 0)
    plan.checks().fail("out_numrows", "out of range", std::to_string(a.out_rows), "at least 0");
  const std::int64_t rows = plan.extent(a.x_subset.present() ? "S" : "M");
  if (!a.out_subset.present() && a.out_rows != 0 && a.out_rows != rows)
    plan.checks().fail("out_numrows", "without out_subset y has a row for each of the sum",
                       std::to_string(a.out_rows), fmt::format("0 or {}, or out_subset too", rows));
}

namespace {

void check_maps(Stream& stream, const NormExtras& extras, const TensorRef& x, const OpChecks& op) {
  const ArgumentChecks checks(op.op(), op.device());
  if (!std::isfinite(extras.rowscale_const))
    checks.fail("rowscale_const", "out of range", fmt::format("{}", extras.rowscale_const),
                "a finite number");
  if (!extras.is_subset()) {
    if (extras.rowscale_const != 1)
      checks.fail("rowscale_const", "there is no subset", fmt::format("{}", extras.rowscale_const),
                  "1, or x0_subset or out_subset", "the functions of all rows take a rowscale");
    return;
  }
  if (extras.subsets_are_valid || stream.is_capturing()) return;
  check_map(checks, stream, extras.x_subset, "x0_subset", element_count(leading(x.shape)), "x0");
  check_map(checks, stream, extras.out_subset, "out_subset", extras.out_rows, "y");
}

}  // namespace

void check_subsets(Stream& stream, const NormArgs& a, const OpChecks& checks) {
  check_maps(stream, a, a.x, checks);
}
void check_bwd_subsets(Stream& stream, const NormBwdArgs& a, const OpChecks& checks) {
  check_maps(stream, a, a.x0, checks);
}

}  // namespace tegula::ops
