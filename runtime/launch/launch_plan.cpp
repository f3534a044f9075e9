#include "runtime/launch/launch_plan.h"

#include <optional>

#include <fmt/format.h>

#include "runtime/launch/argument_checks.h"
#include "runtime/launch/kernel_table.h"
#include "runtime/launch/workspaces.h"
#include "runtime/tensor/alike.h"
#include "runtime/tensor/hull.h"
#include "tegula/log.h"

namespace tegula::runtime {
namespace {

using format::ArgumentRecord;
using format::KernelParameter;
using format::LaunchRecord;

constexpr std::array<std::int64_t, 3> grid_limits = {2147483647, 65535, 65535};

/// The grid's three extents; nothing if one of them is zero.
std::optional<std::array<std::uint32_t, 3>> grid_of(const LaunchRecord& record,
                                                    const Extents& extents, const Device& device) {
  std::array<std::uint32_t, 3> grid = {1, 1, 1};
  bool empty = false;
  for (std::size_t axis = 0; axis < grid.size(); ++axis) {
    if (record.grid[axis].nodes.empty()) continue;  // fewer than three axes were given
    const std::int64_t extent = evaluate(record.grid[axis], extents, device.multiprocessors());
    if (extent < 0 || extent > grid_limits[axis])
      throw Error(
          ErrorCode::invalid_argument,
          {.where = record.function,
           .argument = "grid",
           .problem = fmt::format("axis {} is out of range", axis),
           .got = std::to_string(extent),
           .wanted = fmt::format("0 to {} blocks", grid_limits[axis]),
           .hint = extent < 0  ? ""
                   : axis == 0 ? "let a block take more, in a larger tile or a loop"
                               : "put what may be long first: axis 0 has 2147483647 blocks"});
    empty = empty || extent == 0;
    grid[axis] = static_cast<std::uint32_t>(extent);
  }
  if (empty) return std::nullopt;
  return grid;
}

const TensorRef& tensor_of(const KernelParameter& parameter,
                           std::span<const KernelArgument> arguments) {
  if (parameter.argument >= arguments.size() || !arguments[parameter.argument].is_tensor)
    throw InternalError(
        fmt::format("a kernel parameter comes from argument {}, no tensor", parameter.argument));
  return arguments[parameter.argument].tensor;
}

/// A parameter's value, low bytes first, as the kernel reads as many as the dtype has.
std::uint64_t value_of(const LaunchRecord& record, const KernelParameter& parameter,
                       std::span<const KernelArgument> arguments, const Device& device) {
  switch (parameter.source) {
    case KernelParameter::Source::multiprocessors:
      return static_cast<std::uint64_t>(device.multiprocessors());
    case KernelParameter::Source::pointer:
      return reinterpret_cast<std::uintptr_t>(tensor_of(parameter, arguments).data);
    case KernelParameter::Source::extent:
      return static_cast<std::uint64_t>(
          Extents(arguments)(parameter.argument, parameter.dimension));
    case KernelParameter::Source::stride: {
      const TensorRef& tensor = tensor_of(parameter, arguments);
      if (parameter.dimension >= tensor.rank())
        throw InternalError("a kernel parameter is the stride of a dimension that is not there");
      const std::int64_t stride = tensor.strides[parameter.dimension];
      // A kernel may have been compiled for 32-bit strides; a wider one must not be truncated.
      if (dtype_bytes(parameter.dtype) < 8 && stride != static_cast<std::int32_t>(stride))
        throw Error(
            ErrorCode::invalid_argument,
            {.where = record.function,
             .argument = record.arguments[parameter.argument].name,
             .problem = fmt::format("the stride of dimension {} is too large", parameter.dimension),
             .got = std::to_string(stride),
             .wanted = "a stride of 32 bits"});
      return static_cast<std::uint64_t>(stride);
    }
    case KernelParameter::Source::tensor_map:
      return 0;  // not passed by value
    case KernelParameter::Source::scalar: {
      if (parameter.argument >= arguments.size() || arguments[parameter.argument].is_tensor)
        throw InternalError("a kernel parameter comes from no scalar");
      return arguments[parameter.argument].bits;
    }
  }
  throw InternalError("an unknown source of a kernel parameter");
}

/// hull(), with an error that also names the kernel.
Hull hull_of(const LaunchRecord& record, std::size_t argument, const TensorRef& tensor) {
  try {
    return hull(tensor, record.arguments[argument].name);
  } catch (const Error& error) {
    ErrorDetails details = error.details();
    details.where = record.function;
    throw Error(error.code(), std::move(details));
  }
}

bool same_but_for_values(const KernelArgument& a, const KernelArgument& b) {
  if (a.is_tensor != b.is_tensor) return false;
  return a.is_tensor ? alike(a.tensor, b.tensor) : a.dtype == b.dtype;
}

void log_launch(const LaunchCall& call, const std::string& function, const Device& device) {
  log(LogLevel::debug,
      fmt::format("launch {} on {}: {}x{}x{} blocks of {} threads, {} bytes of dynamic shared "
                  "memory, stream {}",
                  function, device.name(), call.grid[0], call.grid[1], call.grid[2], call.threads,
                  call.dynamic_shared, fmt::ptr(call.stream)));
}

}  // namespace

/// 0: no overlap; 1: some bytes; 2: both begin at the same address.
std::uint64_t LaunchPlan::Pair::overlap(std::span<const KernelArgument> arguments) const {
  const std::uint64_t apart =
      address_of(arguments[other].tensor) - address_of(arguments[written].tensor);
  if (apart - low >= reach) return 0;
  return apart == 0 ? 2 : 1;
}

void LaunchPlan::plan_pairs(std::span<const KernelArgument> arguments) {
  pairs_.clear();
  const auto is_written = [&](std::size_t span) { return ranges_[span].writable; };
  for (std::size_t w = 0; w < spans_.size(); ++w)
    for (std::size_t k = 0; k < spans_.size(); ++k) {
      const Span &a = spans_[w], &b = spans_[k];
      if (!is_written(w) || k == w || (k < w && is_written(k)) || a.low == a.high ||
          b.low == b.high)
        continue;
      // From the address at which b would end at a's first byte to that at which it begins at a's
      // last.
      const auto low = static_cast<std::uint64_t>(a.low) - static_cast<std::uint64_t>(b.high) + 1;
      Pair pair{a.argument, b.argument, low,
                static_cast<std::uint64_t>(a.high) - static_cast<std::uint64_t>(b.low) - low};
      pair.before = pair.overlap(arguments);
      pairs_.push_back(pair);
    }
}

void LaunchPlan::plan_parameters(std::span<const KernelArgument> arguments, const Device& device) {
  const LaunchRecord& record = kernel_->entry.launch;
  values_.resize(record.parameters.size());
  pointers_.resize(record.parameters.size());
  for (std::size_t i = 0; i < values_.size(); ++i) pointers_[i] = &values_[i];
  open_.clear();
  tensor_maps_.reset(record.tensor_maps.size());
  for (std::uint32_t i = 0; i < record.parameters.size(); ++i) {
    using Source = KernelParameter::Source;
    const KernelParameter& parameter = record.parameters[i];
    const bool workspace = parameter.source != Source::tensor_map &&
                           parameter.argument >= arguments.size() &&
                           parameter.argument < record.arguments.size();
    if (!workspace) values_[i] = value_of(record, parameter, arguments, device);
    if (parameter.source == Source::pointer || parameter.source == Source::scalar ||
        parameter.source == Source::tensor_map || workspace)
      open_.push_back({i, parameter});
  }
}

/// The kernel was in use until now, which the table could not see.
void LaunchPlan::drop_kernel() {
  if (kernel_ != nullptr) note_use(*kernel_);
  kernel_.reset();
}

void LaunchPlan::make(std::shared_ptr<const ReadyKernel> kernel,
                      std::span<const KernelArgument> arguments, const Device& device) {
  arguments_.clear();  // if this throws, the plan fits no call
  device_ = 0;
  const LaunchRecord& record = kernel->entry.launch;
  check_arguments(record, arguments, device);
  drop_kernel();
  kernel_ = std::move(kernel);
  spans_.clear();
  ranges_.clear();
  ranges_.reserve(record.arguments.size());
  for (std::uint32_t i = 0; i < arguments.size(); ++i) {
    const TensorRef& tensor = arguments[i].tensor;
    if (!arguments[i].is_tensor || !tensor.present()) continue;
    const Hull bytes = hull_of(record, i, tensor);
    spans_.push_back({i, static_cast<std::int64_t>(bytes.begin - address_of(tensor)),
                      static_cast<std::int64_t>(bytes.end - address_of(tensor))});
    ranges_.push_back({record.arguments[i].name, bytes.begin, bytes.end,
                       record.arguments[i].access != ArgumentRecord::Access::in, false});
  }
  plan_pairs(arguments);
  const auto grid = grid_of(record, Extents(arguments), device);
  empty_ = !grid;
  if (grid) {
    grid_ = *grid;
    plan_parameters(arguments, device);
  }
  arguments_.assign(arguments.begin(), arguments.end());
  device_ = device.id();
}

bool LaunchPlan::fits(std::span<const KernelArgument> arguments, const Device& device) const {
  if (device.id() != device_ || arguments.size() != arguments_.size()) return false;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!same_but_for_values(arguments[i], arguments_[i])) return false;
  for (const Pair& pair : pairs_)
    if (pair.overlap(arguments) != pair.before) return false;
  return true;
}

void LaunchPlan::set(std::span<const Value> values) {
  for (const auto& [index, value] : values) {
    if (index >= arguments_.size()) throw InternalError("the plan has no such argument");
    KernelArgument& argument = arguments_[index];
    if (!argument.is_tensor) {
      argument.bits = value;
      continue;
    }
    if (!alike(address_of(argument.tensor), value))
      throw InternalError("an address is aligned otherwise than that of the launch that was kept");
    argument.tensor.data = reinterpret_cast<void*>(value);
  }
}

void LaunchPlan::launch(Stream& stream, std::span<const KernelArgument> given) {
  if (empty_) return;
  const LaunchRecord& record = kernel_->entry.launch;
  Device& device = *stream.device();

  for (std::size_t i = 0; i < spans_.size(); ++i) {
    const Span& span = spans_[i];
    const TensorRef& tensor = given[span.argument].tensor;
    if (__builtin_add_overflow(address_of(tensor), span.low, &ranges_[i].begin) ||
        __builtin_add_overflow(address_of(tensor), span.high, &ranges_[i].end))
      hull_of(record, span.argument, tensor);  // throws
  }

  const Workspaces workspaces(stream, record, given);
  const std::span<const KernelArgument> arguments = workspaces.arguments();
  ranges_.resize(spans_.size());
  for (std::size_t i = given.size(); i < arguments.size(); ++i) {
    const Hull bytes = hull_of(record, i, arguments[i].tensor);
    ranges_.push_back({record.arguments[i].name, bytes.begin, bytes.end, true, true});
  }

  for (const Open& open : open_) {
    if (open.source.source == KernelParameter::Source::tensor_map) {
      pointers_[open.parameter] = tensor_maps_.get(device, record, open.source.argument, arguments);
      continue;
    }
    const KernelArgument& argument = arguments[open.source.argument];
    if (open.source.source == KernelParameter::Source::pointer)
      values_[open.parameter] = address_of(argument.tensor);
    else if (open.source.source == KernelParameter::Source::scalar)
      values_[open.parameter] = argument.bits;
    else  // an extent or a stride of a workspace
      values_[open.parameter] = value_of(record, open.source, arguments, device);
  }
  const LaunchCall call = {.grid = grid_,
                           .threads = record.threads,
                           .dynamic_shared = record.dynamic_shared,
                           .stream = stream.native(),
                           .parameters = pointers_,
                           .arguments = ranges_};
  if (log_level() >= LogLevel::debug) log_launch(call, record.function, device);
  device.launch(*kernel_->loaded, call);
}

}  // namespace tegula::runtime
