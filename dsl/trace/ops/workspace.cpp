// Workspaces and the number of multiprocessors, while tracing.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/parameter.h"

namespace tegula {
namespace {

using detail::Tracer;
using detail::ValueId;
using program::Parameter;

/// The alignment that every device's allocator gives (Device::allocate).
constexpr std::int64_t allocation_alignment = 256;
constexpr std::int64_t largest_divisor = 16;

/// Row-major strides: known if all inner extents are, otherwise with a divisor that is certain.
void set_strides(Parameter& p) {
  std::int64_t stride = 1, divisor = 1;  // stride: dynamic once an inner extent is
  for (std::size_t d = p.extents.size(); d-- > 0;) {
    p.strides[d] = stride;
    p.stride_divisors[d] = stride == 0 ? 0 : divisor;
    const std::int64_t extent = p.extents[d];
    if (extent == Parameter::dynamic || stride == Parameter::dynamic)
      stride = Parameter::dynamic;
    else if (__builtin_mul_overflow(stride, extent, &stride))
      stride = Parameter::dynamic;
    if (extent > 0) divisor = std::min(largest_divisor, divisor * (extent & -extent));
  }
}

}  // namespace

Workspace workspace(DType dtype, std::initializer_list<Operand> extents, std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  if (tracer.in_region())
    detail::fail(at, {.problem = "workspace is called inside a traced loop or branch",
                      .hint = "it is allocated once, at launch: call it before"});
  if (extents.size() > program::max_rank)
    detail::fail(at, {.problem = "a workspace has too many dimensions",
                      .got = std::to_string(extents.size()),
                      .wanted = fmt::format("at most {}", program::max_rank)});
  Parameter parameter{.kind = Parameter::Kind::workspace,
                      .access = Parameter::Access::in_out,
                      .dtype = dtype,
                      .alignment = allocation_alignment};
  std::vector<ValueId> formulas;
  for (const Operand& operand : extents) {
    const ValueId extent = detail::i32_scalar(tracer, operand, "an extent of a workspace");
    const auto known = tracer.known_integer(extent);
    if (known && *known < 0)
      detail::fail(operand.at(), {.problem = "an extent of a workspace is negative",
                                  .got = std::to_string(*known)});
    formulas.push_back(extent);
    parameter.extents.push_back(known ? *known : Parameter::dynamic);
  }
  parameter.strides.resize(extents.size());
  parameter.stride_divisors.resize(extents.size());
  set_strides(parameter);
  return Workspace({tracer.add_workspace(std::move(parameter), std::move(formulas)), true});
}

Tile multiprocessors(std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  return {tracer, tracer.leaf(program::Op::multiprocessors, {.dtype = DType::i32}, {}, at)};
}

}  // namespace tegula
