// rotary and its gradient: what they take, give and launch.
#include "tegula/ops/rotary.h"

#include <fmt/format.h>

#include "ops/core/row_ops.h"
#include "ops/lasting.h"
#include "ops/rotary/rotary_kernel.h"

namespace tegula::ops {
namespace {

/// How the two directions call what they rotate, and by which angle.
struct RotaryDirection {
  const char* x;
  const char* y;
  bool backward = false;
};
const RotaryDirection forward_direction = {"x", "y"}, backward_direction = {"dy", "dx", true};

struct RotaryArgs : RotaryOptions {
  TensorRef x, cos, sin;
  const RotaryDirection* direction = nullptr;
};

/// That the tables have angles for the head, and rows as far as the positions of x.
void check_tables(const RotaryArgs& a, const Plan& plan) {
  const OpChecks& checks = plan.checks();
  const std::int64_t rows = plan.extent("t"), pairs = plan.extent("r"), head = plan.extent("d");
  const std::int64_t positions = plan.extent("s");
  if (pairs < 1)
    checks.fail("cos", "there are no angles", to_string(a.cos.shape), "at least 1 column");
  if (pairs > head / 2)
    checks.fail("cos", "more angles than the head has pairs", to_string(a.cos.shape),
                fmt::format("at most {} columns for {} of {}", head / 2, a.direction->x,
                            to_string(a.x.shape)));
  if (!a.config && pairs > max_rotary_pairs)
    checks.fail("cos", "more angles than a block takes", to_string(a.cos.shape),
                fmt::format("at most {} columns", max_rotary_pairs), "pin a .config of more warps");
  if (a.seqlen_offset < 0 || a.seqlen_offset > rows)
    checks.fail("seqlen_offset", "out of range", fmt::format("{}", a.seqlen_offset),
                fmt::format("0 to {}, the rows of cos", rows));
  if (!a.seqlen_offsets.present() && rows - a.seqlen_offset < positions)
    checks.fail("cos", "fewer rows than positions", to_string(a.cos.shape),
                fmt::format("at least {} rows: {} positions from seqlen_offset {}",
                            positions + a.seqlen_offset, positions, a.seqlen_offset));
}

void get_offset(const RotaryArgs& a, const OpChecks&, std::uint64_t* bits) {
  *bits = detail::scalar_bits(a.seqlen_offset);
}

RotaryConfig choose_config(const Plan& plan) {
  return choose_rotary_config(plan.extent("s"), plan.extent("h"), plan.extent("r"));
}

void check_pinned(const RotaryConfig& config, const Plan& plan) {
  check_rotary_config(plan.checks().op(), "config.", config, plan.extent("r"));
}

/// Row `offset` of the table becomes row 0.
TensorRef from_row(TensorRef table, std::int64_t offset) {
  if (offset > 0 && table.data != nullptr)
    table.data =
        static_cast<std::byte*>(table.data) + offset * table.strides[0] * dtype_bytes(table.dtype);
  table.shape[0] -= offset;
  return table;
}

void plan_rotary(Plan& plan, const RotaryArgs& a) {
  if (element_count(a.x.shape) == 0) return;
  const auto c = plan.config<RotaryConfig>();
  check_blocks(plan, a.direction->x, {plan.extent("b"), plan.extent("s"), plan.extent("h")},
               {1, c.bs, std::int64_t{c.bh} * c.turns});
  // An entry of seqlen_offsets may be negative and still lead into the tables.
  const std::int64_t moved = a.seqlen_offsets.present() ? 0 : a.seqlen_offset;
  plan.view("cos_rows", "cos", from_row(a.cos, moved));
  plan.view("sin_rows", "sin", from_row(a.sin, moved));
  launch_rotary(plan, c, a.interleaved, a.inverse != a.direction->backward, a.direction->x,
                a.direction->y);
}

Op<RotaryArgs, Tensor> describe_direction(const RotaryDirection& direction, const char* name,
                                          const char* summary) {
  using Args = RotaryArgs;
  using op::Layout;
  return Op<Args, Tensor>(name, summary)
      .input(direction.x, &Args::x, {op::dims({"b", "s", "h", "d"})})
      .input("cos", &Args::cos, {op::dims({"t", "r"}).because("(t, r), a row for each position")})
      .input("sin", &Args::sin, {op::like("cos", Layout::inner)})
      .optional("seqlen_offsets", &Args::seqlen_offsets,
                {op::dims({"b"}, Layout::strided).because("the first extent of x"),
                 op::only(DType::i32, "positions")})
      .rule(check_tables)
      .parameter("interleaved", &Args::interleaved, "pairs are neighbours, not halves")
      .parameter("inverse", &Args::inverse, "rotate by the opposite angle")
      .parameter("seqlen_offset", &Args::seqlen_offset, "the position of the first element")
      .scalars({{"seqlen_offset", DType::i64}}, get_offset)
      .config(&Args::config, choose_config, check_pinned, rotary_config_fields())
      .output(direction.y, {op::like(direction.x, Layout::inner), op::dtype_of(direction.x)})
      .into_any_float("out", &Args::out, {direction.x})
      .dtype_argument("out_dtype", &Args::out_dtype)
      .constant(&Args::direction, &direction)
      .example(+[](op::Sizes& sizes) {
        sizes.try_emplace("b", 2);
        sizes.try_emplace("s", 512);
        sizes.try_emplace("h", 16);
        const auto head = sizes.try_emplace("d", 128).first;
        sizes.try_emplace("t", sizes.find("s")->second);
        sizes.try_emplace("r", head->second / 2);
      })
      .plan(plan_rotary);
}

const auto& rotary_op() {
  static const auto& op = lasting(describe_direction(
      forward_direction, "rotary", "y1 = x1 * cos - x2 * sin, y2 = x1 * sin + x2 * cos"));
  return op;
}
const auto& rotary_bwd_op() {
  static const auto& op = lasting(
      describe_direction(backward_direction, "rotary_bwd", "dx of rotary, by the opposite angle"));
  return op;
}

}  // namespace

void describe_rotary() {
  rotary_op();
  rotary_bwd_op();
}

Tensor rotary(Stream& stream, const TensorRef& x, const TensorRef& cos, const TensorRef& sin,
              const RotaryOptions& options) {
  return rotary_op()(stream, {options, x, cos, sin});
}

Tensor rotary_bwd(Stream& stream, const TensorRef& dy, const TensorRef& cos, const TensorRef& sin,
                  const RotaryOptions& options) {
  return rotary_bwd_op()(stream, {options, dy, cos, sin});
}

}  // namespace tegula::ops
