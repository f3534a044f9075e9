// dropout, its gradient and its mask: checks, destinations, launches.
#include "tegula/ops/dropout.h"

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/dropout/dropout_kernel.h"

namespace tegula::ops {
namespace {

/// Both passes, which do the same to another tensor.
DropoutOut apply(const ArgumentChecks& checks, Stream& stream, const TensorRef& x,
                 std::string_view name, const DropoutOptions& options) {
  checks.float_tensor(x, name);
  const TensorRef in = checks.rows(x, name);
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, x.dtype, x.shape,
                                          name == "x" ? "the shape of x" : "the shape of dy");
  const Dropout dropout = check_dropout(checks, options.dropout_p, options.rng);
  if (options.config) checks.config(*options.config);
  if (options.out.present()) {
    const TensorRef out = checks.destination_rows(options.out, "out");
    checks.disjoint_or_in_place(out, "out", in, name);
    checks.disjoint(out, "out", dropout.memory, "rng.memory");
  }

  DropoutOut result = {destination(stream, options.out, dtype, x.shape)};
  if (options.return_mask) result.mask = stream.empty(DType::i1, x.shape);
  const std::int64_t rows = in.shape[0], n = in.shape[1];
  if (rows == 0 || n == 0) return result;
  const RowConfig config = options.config.value_or(choose_elementwise_config(rows, n));
  checks.blocks(name, {rows, n}, {config.rows, config.bn});
  launch_dropout(stream, config, dropout, in, checks.rows(result.y, "out"),
                 result.mask ? checks.rows(*result.mask, "mask") : TensorRef{});
  return result;
}

}  // namespace

DropoutOut dropout(Stream& stream, const TensorRef& x, const DropoutOptions& options) {
  return apply(ArgumentChecks("dropout", *stream.device()), stream, x, "x", options);
}

Tensor dropout_bwd(Stream& stream, const TensorRef& dy, const DropoutOptions& options) {
  DropoutOptions backward = options;
  backward.return_mask = false;
  return apply(ArgumentChecks("dropout_bwd", *stream.device()), stream, dy, "dy", backward).y;
}

Tensor dropout_mask(Stream& stream, std::int64_t rows, std::int64_t columns,
                    const DropoutMaskOptions& options) {
  const ArgumentChecks checks("dropout_mask", *stream.device());
  if (rows < 0) checks.fail("rows", "out of range", std::to_string(rows), "at least 0");
  if (columns < 0) checks.fail("columns", "out of range", std::to_string(columns), "at least 0");
  const Dropout dropout = check_dropout(checks, options.dropout_p, options.rng);
  if (options.config) checks.config(*options.config);
  if (options.out.present()) {
    checks.tensor_of(options.out, "out", DType::i1, "as all masks");
    checks.shape(options.out, "out", {rows, columns}, "rows and columns");
    checks.disjoint(checks.destination_rows(options.out, "out"), "out", dropout.memory,
                    "rng.memory");
  }
  Tensor mask = destination(stream, options.out, DType::i1, {rows, columns});
  if (rows == 0 || columns == 0) return mask;
  const RowConfig config = options.config.value_or(choose_elementwise_config(rows, columns));
  checks.blocks("rows", {rows, columns}, {config.rows, config.bn});
  launch_dropout_mask(stream, config, dropout, options.of_x1 ? DropoutStream::x1 : DropoutStream::x,
                      checks.rows(mask, "out"));
  return mask;
}

}  // namespace tegula::ops
