#include "runtime/launch/argument_checks.h"

#include <limits>

#include <fmt/format.h>

#include "runtime/tensor/checks.h"

namespace tegula::runtime {
namespace {

using format::ArgumentRecord;
using format::LaunchRecord;

[[noreturn]] void invalid(const LaunchRecord& record, std::string_view argument,
                          std::string_view problem, std::string got, std::string wanted,
                          std::string hint = {}) {
  throw Error(ErrorCode::invalid_argument, {.where = record.function,
                                            .argument = std::string(argument),
                                            .problem = std::string(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted),
                                            .hint = std::move(hint)});
}

void check_scalar(const LaunchRecord& record, const ArgumentRecord& declared,
                  const KernelArgument& argument) {
  if (argument.is_tensor)
    invalid(record, declared.name, "a tensor in place of a scalar", describe(argument.tensor),
            std::string(dtype_name(declared.dtype)));
  if (argument.dtype != declared.dtype)
    invalid(record, declared.name, "wrong dtype", std::string(dtype_name(argument.dtype)),
            std::string(dtype_name(declared.dtype)));
}

void check_tensor(const LaunchRecord& record, const ArgumentRecord& declared,
                  const TensorRef& tensor, const Device& device) {
  if (tensor.dtype != declared.dtype)
    invalid(record, declared.name, "wrong dtype", describe(tensor),
            std::string(dtype_name(declared.dtype)));
  if (tensor.rank() != declared.rank)
    invalid(record, declared.name, "wrong rank", describe(tensor),
            fmt::format("rank {}", declared.rank));
  check_memory(record.function, declared.name, tensor, device);
  if (tensor.read_only && declared.access != ArgumentRecord::Access::in)
    invalid(record, declared.name, "the kernel writes a tensor that may only be read",
            describe(tensor) + ", read-only", "a tensor that may be written");
  for (const std::int64_t extent : tensor.shape)
    if (extent > std::numeric_limits<std::int32_t>::max())
      invalid(record, declared.name, "an extent is too large", describe(tensor),
              "extents below 2^31");
}

void check_argument(const LaunchRecord& record, const ArgumentRecord& declared,
                    const KernelArgument& argument, const Device& device) {
  if (declared.kind == ArgumentRecord::Kind::scalar)
    return check_scalar(record, declared, argument);
  if (!argument.is_tensor)
    invalid(record, declared.name, "a scalar in place of a tensor",
            std::string(dtype_name(argument.dtype)), "a tensor");
  const TensorRef& tensor = argument.tensor;
  const bool wanted = declared.kind == ArgumentRecord::Kind::tensor;
  if (wanted && !tensor.present())
    invalid(record, declared.name, "the tensor is absent", "no tensor",
            fmt::format("{} of rank {}", dtype_name(declared.dtype), declared.rank));
  if (!wanted && tensor.present())
    invalid(record, declared.name, "this kernel was compiled without the tensor", describe(tensor),
            "no tensor");
  if (wanted) check_tensor(record, declared, tensor, device);
}

bool meets_requirements(const LaunchRecord& record, std::span<const KernelArgument> arguments,
                        int multiprocessors) {
  const Extents extents(arguments);
  try {
    for (const format::RequirementRecord& r : record.requirements)
      if (extents(r.argument, r.dimension) != evaluate(r.extent, extents, multiprocessors))
        return false;
  } catch (const Error&) {
    return false;  // an extent that these formulas cannot take
  }
  return true;
}

/// A hint that swapping two tensors would make a call's shapes right; "" if none would.
std::string swap_hint(const LaunchRecord& record, std::span<const KernelArgument> arguments,
                      int multiprocessors) {
  std::vector<KernelArgument> exchanged(arguments.begin(), arguments.end());
  for (std::size_t i = 0; i < exchanged.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (!exchanged[i].is_tensor || !exchanged[j].is_tensor ||
          exchanged[i].tensor.rank() != exchanged[j].tensor.rank())
        continue;
      std::swap(exchanged[i], exchanged[j]);
      if (meets_requirements(record, exchanged, multiprocessors))
        return fmt::format(
            "the shapes would fit with {} and {} exchanged: are the arguments in order?",
            record.arguments[j].name, record.arguments[i].name);
      std::swap(exchanged[i], exchanged[j]);
    }
  return {};
}

void check_requirement(const LaunchRecord& record, const format::RequirementRecord& requirement,
                       std::span<const KernelArgument> arguments, int multiprocessors) {
  const Extents extents(arguments);
  const std::int64_t got = extents(requirement.argument, requirement.dimension);
  const std::int64_t wanted = evaluate(requirement.extent, extents, multiprocessors);
  if (got == wanted) return;
  std::vector<std::string> names;
  for (const ArgumentRecord& argument : record.arguments) names.push_back(argument.name);
  const std::string formula = to_string(requirement.extent, names);
  invalid(record, names.at(requirement.argument),
          fmt::format("wrong extent in dimension {}", requirement.dimension), std::to_string(got),
          formula == std::to_string(wanted) ? formula : fmt::format("{} = {}", formula, wanted),
          swap_hint(record, arguments, multiprocessors));
}

}  // namespace

std::int64_t Extents::operator()(std::uint32_t argument, std::uint32_t dimension) const {
  if (argument >= arguments_.size() || !arguments_[argument].is_tensor ||
      dimension >= arguments_[argument].tensor.rank())
    throw InternalError(
        fmt::format("a launch record names dimension {} of argument {}", dimension, argument));
  return arguments_[argument].tensor.shape[dimension];
}

void check_arguments(const LaunchRecord& record, std::span<const KernelArgument> arguments,
                     const Device& device) {
  const std::size_t wanted = record.arguments.size() - record.workspaces.size();
  if (arguments.size() != wanted)
    invalid(record, "arguments", "wrong number of arguments", std::to_string(arguments.size()),
            std::to_string(wanted));
  for (std::size_t i = 0; i < arguments.size(); ++i)
    check_argument(record, record.arguments[i], arguments[i], device);
  check_requirements(record, arguments, device.multiprocessors());
}

void check_requirements(const LaunchRecord& record, std::span<const KernelArgument> arguments,
                        int multiprocessors) {
  for (const format::RequirementRecord& requirement : record.requirements)
    check_requirement(record, requirement, arguments, multiprocessors);
}

}  // namespace tegula::runtime
