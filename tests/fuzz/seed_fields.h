// The fields of what is fuzzed, by the names that seeds have for them.
#pragma once

#include <string_view>
#include <vector>

#include "dsl/program/program.h"
#include "runtime/cache/key.h"
#include "runtime/format/entry.h"
#include "runtime/format/image.h"
#include "tests/fuzz/seed_text.h"

namespace tegula::fuzz {

template <class E>
std::vector<std::string_view> all_names(int count, std::string_view (*name)(E)) {
  std::vector<std::string_view> names;
  for (int k = 0; k < count; ++k) names.push_back(name(static_cast<E>(k)));
  return names;
}
template <>
struct Names<DType> {
  static const auto& all() {
    static const auto names = all_names<DType>(dtype_count, dtype_name);
    return names;
  }
};
template <>
struct Names<format::Scalar> {
  static const auto& all() {
    static const auto names = all_names<format::Scalar>(format::scalar_count, format::scalar_name);
    return names;
  }
};
template <>
struct Names<format::Opcode> {
  static const auto& all() {
    static const auto names = all_names<format::Opcode>(format::opcode_count, format::opcode_name);
    return names;
  }
};
template <>
struct Names<program::Op> {
  static const auto& all() {
    static const auto names = all_names<program::Op>(program::op_count, program::op_name);
    return names;
  }
};

// Images.
template <class A>
void fields(A& a, format::Register& r) {
  a("scalar", r.scalar)("elements", r.elements);
}
template <class A>
void fields(A& a, format::Constant& c) {
  a("reg", c.reg)("bits", c.bits);
}
template <class A>
void fields(A& a, format::ImageInstruction& i) {
  std::array<std::uint32_t, format::Operands::most> operands{};
  std::copy(i.operands.begin(), i.operands.end(), operands.begin());
  a("opcode", i.opcode)("modifier", i.modifier)("result", i.result)("operands", operands);
  a("targets", i.targets)("immediate", i.immediate)("origin", i.origin);
  i.operands = format::Operands(operands);
}
template <class A>
void fields(A& a, format::Image& image) {
  a("kernel", image.kernel)("arch", image.arch)("warps", image.warps);
  a("shared_bytes", image.shared_bytes)("cluster", image.cluster)("registers", image.registers);
  a("constants", image.constants)("parameters", image.parameters)("tables", image.tables);
  a("texts", image.texts)("code", image.code);
}

// Launch records.
template <class A>
void fields(A& a, format::Expression::Node& n) {
  a("op", n.op)("value", n.value)("argument", n.argument)("dimension", n.dimension);
}
template <class A>
void fields(A& a, format::Expression& e) {
  a("nodes", e.nodes);
}
template <class A>
void fields(A& a, format::ArgumentRecord& r) {
  a("name", r.name)("kind", r.kind)("access", r.access)("dtype", r.dtype)("rank", r.rank);
}
template <class A>
void fields(A& a, format::KernelParameter& p) {
  a("source", p.source)("argument", p.argument)("dimension", p.dimension)("dtype", p.dtype);
}
template <class A>
void fields(A& a, format::RequirementRecord& r) {
  a("argument", r.argument)("dimension", r.dimension)("extent", r.extent);
}
template <class A>
void fields(A& a, format::WorkspaceRecord& r) {
  a("argument", r.argument)("extents", r.extents);
}
template <class A>
void fields(A& a, format::TensorMapRecord::Dimension& d) {
  a("of_tensor", d.of_tensor)("box", d.box)("element_stride", d.element_stride);
}
template <class A>
void fields(A& a, format::TensorMapRecord& r) {
  a("argument", r.argument)("rank", r.rank)("dimensions", r.dimensions)("swizzle", r.swizzle);
  a("interleave", r.interleave)("promotion", r.promotion)("fill", r.fill);
}
template <class A>
void fields(A& a, format::LaunchRecord& r) {
  a("function", r.function)("arguments", r.arguments)("parameters", r.parameters)("grid", r.grid);
  a("requirements", r.requirements)("workspaces", r.workspaces)("tensor_maps", r.tensor_maps);
  a("threads", r.threads)("dynamic_shared", r.dynamic_shared);
}

// Entries and cache files.
template <class A>
void fields(A& a, format::Hash128& h) {
  a("low", h.low)("high", h.high);
}
template <class A>
void fields(A& a, format::Resources& r) {
  a("registers", r.registers)("spill_store_bytes", r.spill_store_bytes);
  a("spill_load_bytes", r.spill_load_bytes)("shared_bytes", r.shared_bytes);
  a("stack_bytes", r.stack_bytes)("barriers", r.barriers);
}
template <class A>
void fields(A& a, format::Remark& r) {
  a("pass", r.pass)("location", r.location)("text", r.text);
}
template <class A>
void fields(A& a, format::Entry& e) {
  a("program", e.program)("arch", e.arch)("payload_kind", e.payload_kind);
  a("assembler", e.assembler)("payload", e.payload)("resources", e.resources)("launch", e.launch);
  a("milliseconds", e.milliseconds)("remarks", e.remarks);
}
template <class A>
void fields(A& a, Target& t) {
  a("backend", t.backend)("arch", t.arch);
}
template <class A>
void fields(A& a, cache::Identity& i) {
  a("program", i.program)("target", i.target)("compiler", i.compiler);
}
template <class A>
void fields(A& a, cache::Key& k) {
  a("identity", k.identity)("facts", k.facts);
}

// Programs.
template <class A>
void fields(A& a, program::Type& t) {
  a("kind", t.kind)("dtype", t.dtype)("shape", t.shape);
}
template <class A>
void fields(A& a, program::Region& r);
template <class A>
void fields(A& a, program::Instruction& i) {
  a("op", i.op)("operands", i.operands)("results", i.results)("attributes", i.attributes);
  a("regions", i.regions)("location", i.location);
}
template <class A>
void fields(A& a, program::Region& r) {
  a("arguments", r.arguments)("body", r.body);
}
template <class A>
void fields(A& a, program::Parameter& p) {
  a("kind", p.kind)("access", p.access)("name", p.name)("dtype", p.dtype)("extents", p.extents);
  a("strides", p.strides)("stride_divisors", p.stride_divisors)("alignment", p.alignment);
}
template <class A>
void fields(A& a, program::Requirement& r) {
  a("parameter", r.parameter)("dimension", r.dimension)("extent", r.extent);
  a("location", r.location);
}
template <class A>
void fields(A& a, program::Workspace& w) {
  a("parameter", w.parameter)("extents", w.extents);
}
template <class A>
void fields(A& a, program::Overlap& o) {
  a("parameter", o.parameter)("with", o.with)("same", o.same);
}
template <class A>
void fields(A& a, program::ConfigField& f) {
  a("name", f.name)("value", f.value);
}
template <class A>
void fields(A& a, program::Location& l) {
  a("file", l.file)("line", l.line)("column", l.column);
}
template <class A>
void fields(A& a, program::Program& p) {
  a("name", p.name)("config", p.config)("warps", p.warps)("parameters", p.parameters);
  a("types", p.types)("body", p.body)("grid", p.grid)("cluster", p.cluster);
  a("requirements", p.requirements)("workspaces", p.workspaces)("strings", p.strings);
  a("overlaps", p.overlaps)("files", p.files)("locations", p.locations);
}

}  // namespace tegula::fuzz
