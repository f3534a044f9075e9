#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

#include "dsl/program/limits.h"
#include "dsl/program/verify_parts.h"
#include "tegula/error.h"

namespace tegula::program {
namespace {

void need(bool holds, const char* problem) {
  if (!holds) throw Error(ErrorCode::corrupt_data, {.argument = "program", .problem = problem});
}

bool is_power_of_two(std::int64_t value) {
  return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value));
}

void check_tensor(const Parameter& parameter) {
  const std::size_t rank = parameter.extents.size();
  need(rank <= max_rank, "a tensor has more than 8 dimensions");
  need(parameter.strides.size() == rank && parameter.stride_divisors.size() == rank,
       "a tensor's extents, strides and divisors differ in number");
  need(is_power_of_two(parameter.alignment), "an alignment is no power of two");
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t extent = parameter.extents[i], stride = parameter.strides[i],
                       divisor = parameter.stride_divisors[i];
    need(extent == Parameter::dynamic || (extent >= 0 && extent <= max_extent),
         "a tensor's extent is out of range");
    need(stride >= Parameter::dynamic, "a constant stride is negative");
    need(divisor == 0 ? stride == 0 : is_power_of_two(divisor),
         "a stride's divisor is no power of two");
    need(stride == Parameter::dynamic || divisor == 0 || stride % divisor == 0,
         "a stride is no multiple of its divisor");
  }
}

void check_parameter(const Parameter& parameter) {
  need(is_identifier(parameter.name), "a parameter's name is no identifier");
  if (parameter.is_tensor()) return check_tensor(parameter);
  need(parameter.extents.empty() && parameter.strides.empty() && parameter.stride_divisors.empty(),
       "a parameter that is no tensor has extents or strides");
}

void check_type(const Type& type) {
  need(type.shape.size() <= max_rank, "a type has more than 8 dimensions");
  std::int64_t elements = 1;
  for (const std::int64_t extent : type.shape) {
    need(is_power_of_two(extent), "a tile's extent is no power of two");
    need(extent <= max_tile_elements && elements * extent <= max_tile_elements,
         "a tile has more than 1048576 elements");
    elements *= extent;
  }
}

}  // namespace

bool is_identifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

bool fits(DType dtype, std::int64_t value) {
  const int bits = dtype_bits(dtype);
  if (bits == 64) return true;
  if (!is_signed_integer(dtype)) return value >= 0 && value < (std::int64_t{1} << bits);
  return value >= -(std::int64_t{1} << (bits - 1)) && value < (std::int64_t{1} << (bits - 1));
}

void check_overlaps(const Program& program) {
  const std::vector<Overlap>& overlaps = program.overlaps;
  for (std::size_t i = 0; i < overlaps.size(); ++i) {
    const auto [parameter, with, same] = overlaps[i];
    need(with < parameter && parameter < program.parameters.size() &&
             (i == 0 || overlaps[i - 1].parameter < parameter),
         "tensors that overlap are not in order");
    const Parameter &p = program.parameters[parameter], &first = program.parameters[with];
    need(p.kind == Parameter::Kind::tensor && first.kind == Parameter::Kind::tensor,
         "what overlaps is no tensor of the caller's");
    need(std::ranges::none_of(overlaps, [&](const Overlap& o) { return o.parameter == with; }),
         "a tensor overlaps another one than the first");
    need(!same || (p.dtype == first.dtype && p.extents.size() == first.extents.size()),
         "two tensors that are the same are not of one type");
  }
}

void check_header(const Program& program) {
  need(is_identifier(program.name), "the kernel's name is no identifier");
  need(program.warps <= max_warps && is_power_of_two(program.warps),
       "the number of warps is no power of two from 1 to 32");
  need(program.cluster <= max_cluster && is_power_of_two(program.cluster),
       "a cluster's size is no power of two from 1 to 8");
  std::set<std::string_view> names;
  for (const ConfigField& field : program.config) {
    need(is_identifier(field.name), "a config field's name is no identifier");
    need(names.insert(field.name).second, "two config fields have one name");
  }
  names.clear();
  for (const Parameter& parameter : program.parameters) {
    check_parameter(parameter);
    need(names.insert(parameter.name).second, "two parameters have one name");
  }
  // Workspaces follow the caller's parameters, each once.
  const std::size_t given =
      program.parameters.size() - std::min(program.parameters.size(), program.workspaces.size());
  for (std::size_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter& parameter = program.parameters[i];
    need((parameter.kind == Parameter::Kind::workspace) == (i >= given),
         "the last parameters are not the workspaces");
    if (i < given) continue;
    const Workspace& workspace = program.workspaces[i - given];
    need(workspace.parameter == i && parameter.access == Parameter::Access::in_out &&
             workspace.extents.size() == parameter.extents.size(),
         "a workspace does not describe its parameter");
  }
  need(program.workspaces.size() <= program.parameters.size(), "a workspace is no parameter");
  check_overlaps(program);
  for (const Type& type : program.types) check_type(type);
  for (const Location& location : program.locations)
    need(location.file < program.files.size(), "a location is in no file");
}

}  // namespace tegula::program
