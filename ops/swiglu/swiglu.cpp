// swiglu and its gradients: checks, destinations, launches.
#include "tegula/ops/swiglu.h"

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/swiglu/swiglu_kernel.h"

namespace tegula::ops {
namespace {

struct Inputs {
  TensorRef a, b;  ///< as matrices
};

Inputs check_inputs(const ArgumentChecks& checks, const TensorRef& a, const TensorRef& b,
                    const std::optional<RowConfig>& config) {
  checks.float_tensor(a, "a");
  checks.float_tensor(b, "b");
  checks.shape(b, "b", a.shape, "the shape of a");
  if (config) checks.config(*config);
  return {checks.rows(a, "a"), checks.rows(b, "b")};
}

}  // namespace

Tensor swiglu(Stream& stream, const TensorRef& a, const TensorRef& b,
              const SwigluOptions& options) {
  const ArgumentChecks checks("swiglu", *stream.device());
  const Inputs in = check_inputs(checks, a, b, options.config);
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, a.dtype, a.shape,
                                          "the shape of a");
  if (options.out.present()) {
    const TensorRef out = checks.destination_rows(options.out, "out");
    checks.disjoint_or_in_place(out, "out", in.a, "a");
    checks.disjoint_or_in_place(out, "out", in.b, "b");
  }

  Tensor y = destination(stream, options.out, dtype, a.shape);
  const std::int64_t rows = in.a.shape[0], n = in.a.shape[1];
  if (rows == 0 || n == 0) return y;
  const RowConfig config = options.config.value_or(choose_elementwise_config(rows, n));
  checks.blocks("a", {rows, n}, {config.rows, config.bn});
  launch_swiglu_fwd(stream, config, in.a, in.b, checks.rows(y, "out"));
  return y;
}

SwigluGrads swiglu_bwd(Stream& stream, const TensorRef& dy, const TensorRef& a, const TensorRef& b,
                       const SwigluBwdOptions& options) {
  const ArgumentChecks checks("swiglu_bwd", *stream.device());
  const Inputs in = check_inputs(checks, a, b, options.config);
  checks.float_tensor(dy, "dy");
  checks.shape(dy, "dy", a.shape, "the shape of a");
  const TensorRef dy_rows = checks.rows(dy, "dy");

  struct Gradient {
    const TensorRef& given;
    std::string_view name;
    const TensorRef& own;  ///< the input that it is the gradient of, whose place it may take
    std::string_view own_name;
    const TensorRef& other;
    std::string_view other_name;
    TensorRef rows = {};
  };
  Gradient da = {options.da, "da", in.a, "a", in.b, "b"};
  Gradient db = {options.db, "db", in.b, "b", in.a, "a"};
  for (Gradient* g : {&da, &db}) {
    checks.output_dtype(g->given, g->name, {}, g->own.dtype, a.shape, "the shape of a");
    if (!g->given.present()) continue;
    g->rows = checks.destination_rows(g->given, g->name);
    checks.disjoint_or_in_place(g->rows, g->name, g->own, g->own_name);
    checks.disjoint(g->rows, g->name, g->other, g->other_name);
    checks.disjoint(g->rows, g->name, dy_rows, "dy");
  }
  checks.disjoint(db.rows, "db", da.rows, "da");

  SwigluGrads result = {destination(stream, options.da, a.dtype, a.shape),
                        destination(stream, options.db, b.dtype, a.shape)};
  const std::int64_t rows = in.a.shape[0], n = in.a.shape[1];
  if (rows == 0 || n == 0) return result;
  const RowConfig config = options.config.value_or(choose_elementwise_config(rows, n));
  checks.blocks("a", {rows, n}, {config.rows, config.bn});
  launch_swiglu_bwd(stream, config, dy_rows, in.a, in.b, checks.rows(result.da, "da"),
                    checks.rows(result.db, "db"));
  return result;
}

}  // namespace tegula::ops
