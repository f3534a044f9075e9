#include "runtime/launch.h"

#include <optional>

#include <fmt/format.h>

#include "runtime/argument_checks.h"
#include "runtime/tensor_hull.h"
#include "runtime/workspaces.h"

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
      throw Error(ErrorCode::invalid_argument,
                  {.where = record.function,
                   .argument = "grid",
                   .problem = fmt::format("axis {} is out of range", axis),
                   .got = std::to_string(extent),
                   .wanted = fmt::format("0 to {} blocks", grid_limits[axis])});
    empty = empty || extent == 0;
    grid[axis] = static_cast<std::uint32_t>(extent);
  }
  if (empty) return std::nullopt;
  return grid;
}

const TensorRef& tensor_of(const KernelParameter& parameter, std::span<const Argument> arguments) {
  const auto* tensor = parameter.argument < arguments.size()
                           ? std::get_if<TensorRef>(&arguments[parameter.argument])
                           : nullptr;
  if (tensor == nullptr)
    throw InternalError(
        fmt::format("a kernel parameter comes from argument {}, no tensor", parameter.argument));
  return *tensor;
}

/// A parameter's value, low bytes first, as the kernel reads as many as the dtype has.
std::uint64_t value_of(const LaunchRecord& record, const KernelParameter& parameter,
                       std::span<const Argument> arguments, const Device& device) {
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
      // A kernel may have been compiled for strides of 32 bits; one that is wider must not be cut.
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
    case KernelParameter::Source::scalar: {
      const auto* scalar = parameter.argument < arguments.size()
                               ? std::get_if<ScalarArgument>(&arguments[parameter.argument])
                               : nullptr;
      if (scalar == nullptr) throw InternalError("a kernel parameter comes from no scalar");
      return scalar->bits;
    }
  }
  throw InternalError("an unknown source of a kernel parameter");
}

/// Room on the stack for nearly every launch, so that a launch does not allocate.
template <class T, std::size_t inline_count>
class Scratch {
 public:
  explicit Scratch(std::size_t count) {
    if (count > inline_count) heap_.resize(count);
  }
  T* data() { return heap_.empty() ? inline_.data() : heap_.data(); }
  T& operator[](std::size_t i) { return data()[i]; }
  std::span<T> first(std::size_t count) { return {data(), count}; }

 private:
  std::array<T, inline_count> inline_{};
  std::vector<T> heap_;
};

}  // namespace

void launch(Stream& stream, const ReadyKernel& kernel, std::span<const Argument> given) {
  const LaunchRecord& record = kernel.entry.launch;
  Device& device = *stream.device();
  check_arguments(record, given, device);

  Scratch<ArgumentRange, 32> ranges(record.arguments.size());
  std::size_t tensors = 0;
  const auto add_ranges = [&](std::span<const Argument> arguments, std::size_t first) {
    for (std::size_t i = first; i < arguments.size(); ++i) {
      const auto* tensor = std::get_if<TensorRef>(&arguments[i]);
      if (tensor == nullptr || !tensor->present()) continue;
      const ArgumentRecord& declared = record.arguments[i];
      const Hull bytes = hull(*tensor, declared.name);
      ranges[tensors++] = {declared.name, bytes.begin, bytes.end,
                           declared.access != ArgumentRecord::Access::in,
                           declared.kind == ArgumentRecord::Kind::workspace};
    }
  };
  add_ranges(given, 0);

  const auto grid = grid_of(record, Extents(given), device);
  if (!grid) return;

  const Workspaces workspaces(stream, record, given);
  const std::span<const Argument> arguments = workspaces.arguments();
  add_ranges(arguments, given.size());

  Scratch<std::uint64_t, 64> values(record.parameters.size());
  Scratch<void*, 64> pointers(record.parameters.size());
  for (std::size_t i = 0; i < record.parameters.size(); ++i) {
    values[i] = value_of(record, record.parameters[i], arguments, device);
    pointers[i] = &values[i];
  }
  device.launch(*kernel.loaded, {.grid = *grid,
                                 .threads = record.threads,
                                 .dynamic_shared = record.dynamic_shared,
                                 .parameters = pointers.first(record.parameters.size()),
                                 .arguments = ranges.first(tensors)});
}

namespace {
thread_local LaunchRecorder* innermost = nullptr;
}

LaunchRecorder::LaunchRecorder() : outer_(innermost) { innermost = this; }
LaunchRecorder::~LaunchRecorder() { innermost = outer_; }

bool LaunchRecorder::active() { return innermost != nullptr; }

void LaunchRecorder::record(LaunchTrace trace) {
  if (innermost != nullptr) innermost->launches_.push_back(std::move(trace));
}

}  // namespace tegula::runtime
