// Tensor and scalar parameters, the grid and the requirements, while tracing.
#include "tegula/dsl/parameter.h"

#include <fmt/format.h>

#include "dsl/program/limits.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"

namespace tegula {
namespace {

using detail::tensor;
using detail::Tracer;
using detail::ValueId;
using program::Op;
using program::Parameter;

[[noreturn]] void wrong_argument(const Tracer& tracer, const Parameter& parameter,
                                 const std::source_location& at, std::string problem,
                                 std::string got, std::string wanted, std::string hint = {}) {
  throw Error(ErrorCode::invalid_argument, {.where = detail::to_text(at),
                                            .argument = tracer.kernel() + ": " + parameter.name,
                                            .problem = std::move(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted),
                                            .hint = std::move(hint)});
}

/// Only their order says which argument of a launch is which.
std::string order_hint(const Tracer& tracer, std::size_t rank) {
  std::string others;
  for (const Parameter& parameter : tracer.parameters())
    if (parameter.kind == Parameter::Kind::tensor && parameter.extents.size() == rank)
      others += (others.empty() ? "" : ", ") + parameter.name;
  if (others.empty()) return {};
  return fmt::format("of rank {} is what the call gives as {}: are its arguments in order?", rank,
                     others);
}

void check_rank(const Tracer& tracer, const Parameter& parameter, std::size_t wanted,
                const std::source_location& at) {
  if (parameter.extents.size() != wanted)
    wrong_argument(tracer, parameter, at, "the tensor has the wrong rank",
                   std::to_string(parameter.extents.size()), std::to_string(wanted),
                   order_hint(tracer, wanted));
}

template <std::size_t N>
std::array<Tile, N> dims(const TensorParameter& x, const std::source_location& at) {
  Tracer& tracer = Tracer::here(at);
  check_rank(tracer, tensor(tracer, x.index(), at), N, at);
  std::array<Tile, N> extents;
  for (std::size_t i = 0; i < N; ++i) extents[i] = x.dim(static_cast<int>(i), at);
  return extents;
}

}  // namespace

namespace detail {

Parameter& tensor(Tracer& tracer, std::uint32_t index, const std::source_location& at) {
  Parameter& parameter = tracer.parameter(index);
  if (parameter.kind == Parameter::Kind::absent_tensor)
    fail(at, {.argument = parameter.name,
              .problem = "an optional tensor is used that the caller left out",
              .hint = fmt::format("guard it with `if ({})`", parameter.name)});
  return parameter;
}

Tile scalar_parameter(ParameterSlot slot) {
  const std::source_location at;  // nowhere: the author wrote no operation
  Tracer& tracer = Tracer::here(at);
  const DType dtype = tracer.parameter(slot.index).dtype;
  return {tracer, tracer.leaf(Op::scalar, {.dtype = dtype}, {slot.index}, at)};
}

namespace {

void state_grid(std::span<const Operand> extents, std::uint32_t cluster,
                std::span<Tile> coordinates, const std::source_location& at) {
  Tracer& tracer = Tracer::here(at);
  if (tracer.has_grid())
    fail(at, {.problem = "the grid is stated twice", .hint = "call grid once"});
  if (tracer.in_region())
    fail(at,
         {.problem = "grid is called inside a traced loop or branch", .hint = "call it before"});
  std::vector<ValueId> values;
  for (const Operand& extent : extents)
    values.push_back(i32_scalar(tracer, extent, "an extent of the grid"));
  for (std::size_t axis = 0; axis < coordinates.size(); ++axis)
    coordinates[axis] = Tile(tracer, tracer.leaf(Op::program_id, {.dtype = DType::i32},
                                                 {static_cast<std::int64_t>(axis)}, at));
  tracer.set_grid(std::move(values), cluster);
}

}  // namespace

void set_grid(std::span<const Operand> extents, std::span<Tile> coordinates,
              const std::source_location& at) {
  state_grid(extents, 1, coordinates, at);
}

void set_cluster_grid(std::span<const Operand> extents, int cluster, std::span<Tile> coordinates,
                      const std::source_location& at) {
  if (cluster < 1 || cluster > static_cast<int>(program::max_cluster) ||
      (cluster & (cluster - 1)) != 0)
    fail(at, {.problem = "this is no size of a cluster",
              .got = std::to_string(cluster),
              .wanted = "1, 2, 4 or 8"});
  if (cluster == 1) {
    state_grid(extents, 1, coordinates.first(extents.size()), at);
    Tracer& tracer = Tracer::here(at);
    coordinates.back() = Tile(tracer, tracer.constant(DType::i32, 0, at));
    return;
  }
  std::vector<Operand> all(extents.begin(), extents.end());
  all.emplace_back(cluster, at);
  state_grid(all, static_cast<std::uint32_t>(cluster), coordinates, at);
}

}  // namespace detail

DType TensorParameter::dtype(Location at) const {
  return tensor(Tracer::here(at), slot_.index, at).dtype;
}

int TensorParameter::rank(Location at) const {
  return static_cast<int>(tensor(Tracer::here(at), slot_.index, at).extents.size());
}

Tile TensorParameter::dim(int i, Location at) const {
  Tracer& tracer = Tracer::here(at);
  const Parameter& parameter = tensor(tracer, slot_.index, at);
  const int d = detail::checked_axis(i, parameter.extents.size(), "the dimension", at);
  const std::int64_t extent = parameter.extents[static_cast<std::size_t>(d)];
  if (extent != Parameter::dynamic) return {tracer, tracer.constant(DType::i32, extent, at)};
  if (const auto formula = tracer.workspace_extent(slot_.index, static_cast<std::size_t>(d)))
    return {tracer, *formula};
  return {tracer, tracer.leaf(Op::dim, {.dtype = DType::i32}, {slot_.index, d}, at)};
}

std::int64_t TensorParameter::static_dim(int i, Location at) const {
  const Parameter& parameter = tensor(Tracer::here(at), slot_.index, at);
  const int d = detail::checked_axis(i, parameter.extents.size(), "the dimension", at);
  const std::int64_t extent = parameter.extents[static_cast<std::size_t>(d)];
  if (extent == Parameter::dynamic)
    detail::fail(at, {.argument = parameter.name,
                      .problem = fmt::format("dimension {} is not known while tracing", d),
                      .hint = fmt::format("declare it with .specialise_dim(\"{}\", {})",
                                          parameter.name, d)});
  return extent;
}

std::array<Tile, 1> dims1(const TensorParameter& x, std::source_location at) {
  return dims<1>(x, at);
}
std::array<Tile, 2> dims2(const TensorParameter& x, std::source_location at) {
  return dims<2>(x, at);
}
std::array<Tile, 3> dims3(const TensorParameter& x, std::source_location at) {
  return dims<3>(x, at);
}
std::array<Tile, 4> dims4(const TensorParameter& x, std::source_location at) {
  return dims<4>(x, at);
}

void require(const TensorParameter& x, std::initializer_list<Operand> extents,
             std::source_location at) {
  Tracer& tracer = Tracer::here(at);
  Parameter& parameter = tensor(tracer, x.index(), at);
  if (tracer.in_region())
    detail::fail(at, {.problem = "require is called inside a traced loop or branch",
                      .hint = "it is checked once, at launch: call it before"});
  if (parameter.kind == Parameter::Kind::workspace)
    detail::fail(at, {.argument = parameter.name,
                      .problem = "require is called with a workspace",
                      .hint = "its extents are those that workspace(...) is given"});
  check_rank(tracer, parameter, extents.size(), at);
  std::size_t d = 0;
  for (const Operand& operand : extents) {
    const ValueId extent = detail::i32_scalar(tracer, operand, "a required extent");
    const std::optional<std::int64_t> known = tracer.known_integer(extent);
    std::int64_t& declared = parameter.extents[d];
    if (known && declared != Parameter::dynamic && declared != *known)
      wrong_argument(tracer, parameter, at, fmt::format("dimension {} has the wrong extent", d),
                     std::to_string(declared), std::to_string(*known));
    // Every launch checks it, so the compiler may rely on it: masks of full tiles are dropped.
    if (known && *known >= 0) declared = *known;
    tracer.require(x.index(), static_cast<std::int32_t>(d), extent, at);
    ++d;
  }
}

}  // namespace tegula
