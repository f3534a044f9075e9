// rotary and its gradient: checks, destinations, launch.
#include "tegula/ops/rotary.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "ops/common/argument_checks.h"
#include "ops/common/destination.h"
#include "ops/rotary/rotary_kernel.h"
#include "runtime/tensor_hull.h"

namespace tegula::ops {
namespace {

void check_last_stride(const ArgumentChecks& checks, const TensorRef& tensor,
                       std::string_view name) {
  if (tensor.shape.back() > 1 && tensor.strides.back() != 1)
    checks.fail(name, "the last dimension is not contiguous",
                fmt::format("stride {}", tensor.strides.back()), "stride 1",
                "make the tensor contiguous first");
}

void check_rank(const ArgumentChecks& checks, const TensorRef& tensor, std::string_view name,
                std::size_t rank, std::string wanted) {
  if (tensor.rank() != rank)
    checks.fail(name, "wrong rank", to_string(tensor.shape), std::move(wanted));
}

/// cos and sin, and that their rows reach as far as the positions of x.
void check_tables(const ArgumentChecks& checks, std::string_view x_name, const TensorRef& x,
                  const TensorRef& cos, const TensorRef& sin, const RotaryOptions& options) {
  checks.float_tensor(cos, "cos");
  check_rank(checks, cos, "cos", 2, "(t, r), a row for each position");
  check_last_stride(checks, cos, "cos");
  checks.float_tensor(sin, "sin");
  checks.shape(sin, "sin", cos.shape, "the shape of cos");
  check_last_stride(checks, sin, "sin");
  if (cos.shape[1] < 1)
    checks.fail("cos", "there are no angles", to_string(cos.shape), "at least 1 column");
  if (cos.shape[1] > x.shape[3] / 2)
    checks.fail(
        "cos", "more angles than the head has pairs", to_string(cos.shape),
        fmt::format("at most {} columns for {} of {}", x.shape[3] / 2, x_name, to_string(x.shape)));
  if (options.seqlen_offset < 0 || options.seqlen_offset > cos.shape[0])
    checks.fail("seqlen_offset", "out of range", fmt::format("{}", options.seqlen_offset),
                fmt::format("0 to {}, the rows of cos", cos.shape[0]));
  if (options.seqlen_offsets.present()) {
    checks.tensor_of(options.seqlen_offsets, "seqlen_offsets", DType::i32, "positions");
    checks.shape(options.seqlen_offsets, "seqlen_offsets", {x.shape[0]}, "the first extent of x");
  } else if (cos.shape[0] - options.seqlen_offset < x.shape[1]) {
    checks.fail("cos", "fewer rows than positions", to_string(cos.shape),
                fmt::format("at least {} rows: {} positions from seqlen_offset {}",
                            x.shape[1] + options.seqlen_offset, x.shape[1], options.seqlen_offset));
  }
}

/// No two elements lie on each other: each dimension steps over all that the tighter ones span.
/// (Some destinations of which that is not true have no overlap either; they are refused.)
void check_disjoint_elements(const ArgumentChecks& checks, const TensorRef& out) {
  if (element_count(out.shape) == 0) return;
  std::vector<std::size_t> order;
  for (std::size_t d = 0; d < out.rank(); ++d)
    if (out.shape[d] > 1) order.push_back(d);
  const auto step = [&](std::size_t d) {
    return out.strides[d] < 0 ? 0 - static_cast<std::uint64_t>(out.strides[d])
                              : static_cast<std::uint64_t>(out.strides[d]);
  };
  std::ranges::sort(order, {}, step);
  std::uint64_t span = 1;  // elements of the tighter dimensions, from the first to the last
  for (const std::size_t d : order) {
    if (step(d) < span)
      checks.fail("out", "the elements of a destination overlap",
                  fmt::format("stride {} in dimension {}", out.strides[d], d),
                  fmt::format("at least {}", span));
    const auto last = static_cast<std::uint64_t>(out.shape[d] - 1);
    std::uint64_t reach = 0;
    if (__builtin_mul_overflow(last, step(d), &reach) || __builtin_add_overflow(span, reach, &span))
      return;  // hull() says that it reaches beyond the address space
  }
}

void check_destination(const ArgumentChecks& checks, std::string_view x_name, const TensorRef& x,
                       const TensorRef& cos, const TensorRef& sin, const RotaryOptions& options) {
  const TensorRef& out = options.out;
  check_last_stride(checks, out, "out");
  check_disjoint_elements(checks, out);
  struct Named {
    const TensorRef& tensor;
    std::string_view name;
  };
  const bool in_place = out.data == x.data && out.dtype == x.dtype && out.strides == x.strides;
  for (const Named& input :
       {Named{x, x_name}, {cos, "cos"}, {sin, "sin"}, {options.seqlen_offsets, "seqlen_offsets"}}) {
    if (!input.tensor.present() || (in_place && input.name == x_name)) continue;
    if (runtime::hull(out, "out").overlaps(runtime::hull(input.tensor, input.name)))
      checks.fail("out", fmt::format("the destination overlaps {}", input.name),
                  fmt::format("memory from {} and from {}", out.data, input.tensor.data),
                  "memory of its own");
  }
}

Tensor rotate(const char* op, std::string_view x_name, bool inverse, Stream& stream,
              const TensorRef& x, const TensorRef& cos, const TensorRef& sin,
              const RotaryOptions& options) {
  const ArgumentChecks checks(op, *stream.device());
  checks.float_tensor(x, x_name);
  check_rank(checks, x, x_name, 4, "(b, s, h, d)");
  check_last_stride(checks, x, x_name);
  check_tables(checks, x_name, x, cos, sin, options);
  const DType dtype = checks.output_dtype(options.out, "out", options.out_dtype, x.dtype, x.shape,
                                          fmt::format("the shape of {}", x_name));
  if (options.out.present()) check_destination(checks, x_name, x, cos, sin, options);
  const std::int64_t pairs = cos.shape[1];
  if (options.config)
    check_rotary_config(op, "config.", *options.config, pairs);
  else if (pairs > max_rotary_pairs)
    checks.fail("cos", "more angles than a block takes", to_string(cos.shape),
                fmt::format("at most {} columns", max_rotary_pairs), "pin a .config of more warps");

  Tensor y = destination(stream, options.out, dtype, x.shape);
  if (element_count(x.shape) == 0) return y;
  const RotaryConfig config =
      options.config.value_or(choose_rotary_config(x.shape[1], x.shape[2], pairs));
  checks.blocks(x_name, {x.shape[0], x.shape[1], x.shape[2]},
                {1, config.bs, std::int64_t{config.bh} * config.turns});
  launch_rotary(stream, config, {x, cos, sin, options.seqlen_offsets, y, options.seqlen_offset},
                options.interleaved, inverse);
  return y;
}

}  // namespace

Tensor rotary(Stream& stream, const TensorRef& x, const TensorRef& cos, const TensorRef& sin,
              const RotaryOptions& options) {
  return rotate("rotary", "x", options.inverse, stream, x, cos, sin, options);
}

Tensor rotary_bwd(Stream& stream, const TensorRef& dy, const TensorRef& cos, const TensorRef& sin,
                  const RotaryOptions& options) {
  return rotate("rotary_bwd", "dy", !options.inverse, stream, dy, cos, sin, options);
}

}  // namespace tegula::ops
