// The byte form of a Program, in two parts: what it computes, which content_hash covers, and then
// where it was written, which it does not.
#include <array>

#include "dsl/program/limits.h"
#include "dsl/program/program.h"
#include "tegula/error.h"

namespace tegula::program {
namespace {

using format::Reader;
using format::Writer;

constexpr std::array<char, 4> magic = {'T', 'G', 'P', 'R'};
constexpr std::int64_t parameter_kind_count = 4, type_kind_count = 2;

void put(Writer& w, const Region& region);

void put(Writer& w, const Instruction& instruction) {
  w.put(instruction.op);
  w.list(instruction.operands);
  w.list(instruction.results);
  w.list(instruction.attributes);
  w.list(instruction.regions, [&](const Region& region) { put(w, region); });
}

void put(Writer& w, const Region& region) {
  w.list(region.arguments);
  w.list(region.body, [&](const Instruction& instruction) { put(w, instruction); });
}

void put(Writer& w, const Parameter& parameter) {
  w.put(parameter.kind);
  w.put(parameter.access);
  w.put(parameter.name);
  w.put(parameter.dtype);
  w.list(parameter.extents);
  w.list(parameter.strides);
  w.list(parameter.stride_divisors);
  w.put(parameter.alignment);
}

void put_contents(Writer& w, const Program& program) {
  w.raw(std::as_bytes(std::span(magic)));
  w.put(format_version);
  w.put(program.name);
  w.list(program.config, [&](const ConfigField& field) {
    w.put(field.name);
    w.put(field.value);
  });
  w.put(program.warps);
  w.list(program.parameters, [&](const Parameter& parameter) { put(w, parameter); });
  w.list(program.types, [&](const Type& type) {
    w.put(type.kind);
    w.put(type.dtype);
    w.list(type.shape);
  });
  put(w, program.body);
  w.list(program.grid);
  w.put(program.cluster);
  w.list(program.requirements, [&](const Requirement& requirement) {
    w.put(requirement.parameter);
    w.put(requirement.dimension);
    w.put(requirement.extent);
  });
  w.list(program.workspaces, [&](const Workspace& workspace) {
    w.put(workspace.parameter);
    w.list(workspace.extents);
  });
  w.list(program.strings, [&](const std::string& text) { w.put(text); });
  w.list(program.overlaps, [&](const Overlap& overlap) {
    w.put(overlap.parameter);
    w.put(overlap.with);
    w.put(overlap.same);
  });
}

void put_locations(Writer& w, const Region& region) {
  for (const Instruction& instruction : region.body) {
    w.put(instruction.location);
    for (const Region& inner : instruction.regions) put_locations(w, inner);
  }
}

Region get_region(Reader& r, int depth);

Instruction get_instruction(Reader& r, int depth) {
  Instruction instruction;
  instruction.op = r.get_enum<Op>(op_count);
  instruction.operands = r.get_list<ValueId>();
  instruction.results = r.get_list<ValueId>();
  instruction.attributes = r.get_list<std::int64_t>();
  const std::size_t regions = r.get_count(8);
  for (std::size_t i = 0; i < regions; ++i) instruction.regions.push_back(get_region(r, depth + 1));
  return instruction;
}

Region get_region(Reader& r, int depth) {
  if (depth > max_depth) r.fail("regions are nested too deep");
  Region region;
  region.arguments = r.get_list<ValueId>();
  const std::size_t count = r.get_count(18);
  for (std::size_t i = 0; i < count; ++i) region.body.push_back(get_instruction(r, depth));
  return region;
}

Parameter get_parameter(Reader& r) {
  Parameter parameter;
  parameter.kind = r.get_enum<Parameter::Kind>(parameter_kind_count);
  parameter.access = r.get_enum<Parameter::Access>(access_count);
  parameter.name = r.get_string();
  parameter.dtype = r.get_enum<DType>(dtype_count);
  parameter.extents = r.get_list<std::int64_t>();
  parameter.strides = r.get_list<std::int64_t>();
  parameter.stride_divisors = r.get_list<std::int64_t>();
  parameter.alignment = r.get<std::int64_t>();
  return parameter;
}

Program get_contents(Reader& r) {
  for (const char c : magic)
    if (r.get<char>() != c) r.fail("the magic number is not a Program's");
  if (r.get<std::uint32_t>() != format_version) r.fail("it is of another format version");
  Program program;
  program.name = r.get_string();
  for (std::size_t n = r.get_count(12); n > 0; --n) {
    std::string name = r.get_string();
    program.config.push_back({std::move(name), r.get<std::int64_t>()});
  }
  program.warps = r.get<std::uint32_t>();
  for (std::size_t n = r.get_count(27); n > 0; --n) program.parameters.push_back(get_parameter(r));
  for (std::size_t n = r.get_count(6); n > 0; --n) {
    Type type;
    type.kind = r.get_enum<Type::Kind>(type_kind_count);
    type.dtype = r.get_enum<DType>(dtype_count);
    type.shape = r.get_list<std::int64_t>();
    program.types.push_back(std::move(type));
  }
  program.body = get_region(r, 0);
  program.grid = r.get_list<ValueId>();
  program.cluster = r.get<std::uint32_t>();
  for (std::size_t n = r.get_count(12); n > 0; --n) {
    Requirement requirement;
    requirement.parameter = r.get<std::uint32_t>();
    requirement.dimension = r.get<std::int32_t>();
    requirement.extent = r.get<ValueId>();
    program.requirements.push_back(requirement);
  }
  for (std::size_t n = r.get_count(8); n > 0; --n) {
    const auto parameter = r.get<std::uint32_t>();
    program.workspaces.push_back({parameter, r.get_list<ValueId>()});
  }
  for (std::size_t n = r.get_count(4); n > 0; --n) program.strings.push_back(r.get_string());
  for (std::size_t n = r.get_count(9); n > 0; --n) {
    const auto parameter = r.get<std::uint32_t>(), with = r.get<std::uint32_t>();
    program.overlaps.push_back({parameter, with, r.get_bool()});
  }
  return program;
}

void get_locations(Reader& r, Region& region) {
  for (Instruction& instruction : region.body) {
    instruction.location = r.get<LocationId>();
    for (Region& inner : instruction.regions) get_locations(r, inner);
  }
}

}  // namespace

format::Bytes serialise(const Program& program) {
  Writer w;
  put_contents(w, program);
  w.list(program.files, [&](const std::string& file) { w.put(file); });
  w.list(program.locations, [&](const Location& location) {
    w.put(location.file);
    w.put(location.line);
    w.put(location.column);
  });
  put_locations(w, program.body);
  for (const Requirement& requirement : program.requirements) w.put(requirement.location);
  return w.take();
}

Program deserialise(std::span<const std::byte> bytes) {
  Reader r(bytes, "program");
  Program program = get_contents(r);
  for (std::size_t n = r.get_count(4); n > 0; --n) program.files.push_back(r.get_string());
  for (std::size_t n = r.get_count(12); n > 0; --n) {
    Location location;
    location.file = r.get<std::uint32_t>();
    location.line = r.get<std::uint32_t>();
    location.column = r.get<std::uint32_t>();
    program.locations.push_back(location);
  }
  get_locations(r, program.body);
  for (Requirement& requirement : program.requirements) requirement.location = r.get<LocationId>();
  r.finish();
  verify(program);
  return program;
}

format::Hash128 content_hash(const Program& program) {
  Writer w;
  put_contents(w, program);
  return format::hash128(w.bytes());
}

}  // namespace tegula::program
