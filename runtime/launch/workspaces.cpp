#include "runtime/launch/workspaces.h"

#include <fmt/format.h>

#include <limits>

#include "runtime/launch/argument_checks.h"
#include "runtime/tensor/allocation.h"

namespace tegula::runtime {
namespace {

Dims shape_of(const format::LaunchRecord& record, const format::WorkspaceRecord& workspace,
              std::span<const KernelArgument> arguments, const Device& device) {
  Dims shape;
  for (const format::Expression& formula : workspace.extents) {
    const std::int64_t extent = evaluate(formula, Extents(arguments), device.multiprocessors());
    if (extent < 0 || extent > std::numeric_limits<std::int32_t>::max())
      throw Error(
          ErrorCode::invalid_argument,
          {.where = record.function,
           .argument = record.arguments[workspace.argument].name,
           .problem = fmt::format("the extent of dimension {} is out of range", shape.size()),
           .got = std::to_string(extent),
           .wanted = "0 to 2147483647"});
    shape.push_back(extent);
  }
  return shape;
}

/// Not Tensor::empty, which refuses a stream that is capturing: this memory may belong to the
/// graph.
Tensor allocate_tensor(const Stream& stream, DType dtype, const Dims& shape) {
  TensorRef ref = contiguous(nullptr, dtype, shape, *stream.device());
  const std::int64_t bytes = element_count(shape) * dtype_bytes(dtype);
  if (bytes == 0) return Tensor::alias(stream, ref);
  std::shared_ptr<void> memory = allocate(stream, static_cast<std::size_t>(bytes));
  ref.data = memory.get();
  return Tensor::adopt(stream, ref, std::move(memory));
}

}  // namespace

Workspaces::Workspaces(Stream& stream, const format::LaunchRecord& record,
                       std::span<const KernelArgument> arguments)
    : given_(arguments) {
  if (record.workspaces.empty()) return;
  all_.assign(arguments.begin(), arguments.end());
  for (const format::WorkspaceRecord& workspace : record.workspaces) {
    const format::ArgumentRecord& declared = record.arguments[workspace.argument];
    const Dims shape = shape_of(record, workspace, arguments, *stream.device());
    try {
      tensors_.push_back(allocate_tensor(stream, declared.dtype, shape));
    } catch (const Error& error) {
      throw Error(error.code(), {.where = record.function,
                                 .argument = declared.name,
                                 .problem = "the workspace cannot be allocated",
                                 .got = fmt::format("{} of {}: {}", to_string(shape),
                                                    dtype_name(declared.dtype), error.what())});
    }
    all_.emplace_back(tensors_.back().ref());
  }
}

}  // namespace tegula::runtime
