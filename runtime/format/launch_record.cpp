#include "runtime/format/launch_record.h"

#include <algorithm>

#include "tegula/dtype.h"

namespace tegula::format {
namespace {

void write(Writer& w, const Expression& expression) {
  w.list(expression.nodes, [&](const Expression::Node& n) {
    w.put(n.op);
    w.put(n.value);
    w.put(n.argument);
    w.put(n.dimension);
  });
}

/// `may_be_empty`: an axis of the grid that was not given.
Expression read_expression(Reader& r, const std::vector<ArgumentRecord>& arguments,
                           bool may_be_empty) {
  constexpr std::size_t node_bytes = 1 + 8 + 4 + 4;
  Expression e;
  e.nodes.resize(r.get_count(node_bytes));
  std::size_t depth = 0;
  for (auto& n : e.nodes) {
    n.op = r.get_enum<Expression::Op>(Expression::op_count);
    n.value = r.get<std::int64_t>();
    n.argument = r.get<std::uint32_t>();
    n.dimension = r.get<std::uint32_t>();
    if (n.op == Expression::Op::constant || n.op == Expression::Op::multiprocessors) {
      ++depth;
    } else if (n.op == Expression::Op::extent) {
      if (n.argument >= arguments.size() || n.dimension >= arguments[n.argument].rank ||
          arguments[n.argument].kind == ArgumentRecord::Kind::workspace)
        r.fail("an expression names an extent that no argument has");
      ++depth;
    } else {
      if (depth < 2) r.fail("an expression lacks an operand");
      --depth;
    }
  }
  if (depth != 1 && !(may_be_empty && e.nodes.empty()))
    r.fail("an expression does not leave one value");
  return e;
}

ArgumentRecord read_argument(Reader& r) {
  ArgumentRecord a;
  a.name = r.get_string();
  a.kind = r.get_enum<ArgumentRecord::Kind>(ArgumentRecord::kind_count);
  a.access = r.get_enum<Access>(access_count);
  a.dtype = r.get_enum<DType>(dtype_count);
  a.rank = r.get<std::uint32_t>();
  if (a.rank > max_rank) r.fail("an argument has too many dimensions");
  using Kind = ArgumentRecord::Kind;
  if (a.rank > 0 && (a.kind == Kind::scalar || a.kind == Kind::absent_tensor))
    r.fail("an argument that is no tensor has dimensions");
  return a;
}

/// A parameter's tensor map number is checked later, when the maps have been read.
KernelParameter read_parameter(Reader& r, const std::vector<ArgumentRecord>& arguments) {
  using Source = KernelParameter::Source;
  KernelParameter p;
  p.source = r.get_enum<Source>(KernelParameter::source_count);
  p.argument = r.get<std::uint32_t>();
  p.dimension = r.get<std::uint32_t>();
  p.dtype = r.get_enum<DType>(dtype_count);
  if (p.source == Source::multiprocessors || p.source == Source::tensor_map) return p;
  if (p.argument >= arguments.size()) r.fail("a parameter names an argument that is not there");
  const ArgumentRecord& a = arguments[p.argument];
  const bool of_dimension = p.source == Source::extent || p.source == Source::stride;
  if (of_dimension && p.dimension >= a.rank)
    r.fail("a parameter names a dimension that its argument lacks");
  if ((p.source == Source::scalar) != (a.kind == ArgumentRecord::Kind::scalar))
    r.fail("a parameter's source does not fit its argument's kind");
  return p;
}

/// The workspaces are the last arguments, each with its extents.
std::vector<WorkspaceRecord> read_workspaces(Reader& r,
                                             const std::vector<ArgumentRecord>& arguments) {
  std::vector<WorkspaceRecord> workspaces(r.get_count(4 + 4));
  std::size_t expected = arguments.size() - std::min(arguments.size(), workspaces.size());
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if ((arguments[i].kind == ArgumentRecord::Kind::workspace) != (i >= expected))
      r.fail("the last arguments are not the workspaces");
  for (WorkspaceRecord& workspace : workspaces) {
    workspace.argument = r.get<std::uint32_t>();
    if (workspace.argument != expected++ || workspace.argument >= arguments.size())
      r.fail("a workspace is none of the arguments");
    workspace.extents.resize(r.get_count(4));
    if (workspace.extents.size() != arguments[workspace.argument].rank)
      r.fail("a workspace lacks an extent");
    for (Expression& extent : workspace.extents) extent = read_expression(r, arguments, false);
  }
  return workspaces;
}

std::vector<TensorMapRecord> read_tensor_maps(Reader& r, const LaunchRecord& record) {
  constexpr std::size_t least_bytes = 4 + 4 + 12 + 4;
  std::vector<TensorMapRecord> maps(r.get_count(least_bytes));
  for (TensorMapRecord& map : maps) {
    map = read_tensor_map_record(r);
    if (map.argument >= record.arguments.size())
      r.fail("a tensor map names an argument that is not there");
    const ArgumentRecord& a = record.arguments[map.argument];
    if (a.kind != ArgumentRecord::Kind::tensor && a.kind != ArgumentRecord::Kind::workspace)
      r.fail("a tensor map is of no tensor");
    validate(r, map, a.dtype, a.rank);
  }
  for (const KernelParameter& p : record.parameters)
    if (p.source == KernelParameter::Source::tensor_map &&
        (p.argument >= maps.size() || p.dtype != DType::u8))
      r.fail("a parameter names a tensor map that is not there");
  return maps;
}

}  // namespace

void write(Writer& w, const LaunchRecord& record) {
  w.put(record.function);
  w.list(record.arguments, [&](const ArgumentRecord& a) {
    w.put(a.name);
    w.put(a.kind);
    w.put(a.access);
    w.put(a.dtype);
    w.put(a.rank);
  });
  w.list(record.parameters, [&](const KernelParameter& p) {
    w.put(p.source);
    w.put(p.argument);
    w.put(p.dimension);
    w.put(p.dtype);
  });
  for (const Expression& extent : record.grid) write(w, extent);
  w.list(record.requirements, [&](const RequirementRecord& q) {
    w.put(q.argument);
    w.put(q.dimension);
    write(w, q.extent);
  });
  w.list(record.workspaces, [&](const WorkspaceRecord& workspace) {
    w.put(workspace.argument);
    w.list(workspace.extents, [&](const Expression& extent) { write(w, extent); });
  });
  w.list(record.tensor_maps, [&](const TensorMapRecord& map) { write(w, map); });
  w.put(record.threads);
  w.put(record.dynamic_shared);
}

LaunchRecord read_launch_record(Reader& r) {
  constexpr std::size_t argument_bytes = 4 + 1 + 1 + 1 + 4;
  constexpr std::size_t parameter_bytes = 1 + 4 + 4 + 1;
  constexpr std::size_t requirement_bytes = 4 + 4 + 4;
  LaunchRecord record;
  record.function = r.get_string();
  record.arguments.resize(r.get_count(argument_bytes));
  for (auto& a : record.arguments) a = read_argument(r);
  record.parameters.resize(r.get_count(parameter_bytes));
  for (auto& p : record.parameters) p = read_parameter(r, record.arguments);
  for (auto& extent : record.grid) extent = read_expression(r, record.arguments, true);
  record.requirements.resize(r.get_count(requirement_bytes));
  for (auto& q : record.requirements) {
    q.argument = r.get<std::uint32_t>();
    q.dimension = r.get<std::uint32_t>();
    if (q.argument >= record.arguments.size() || q.dimension >= record.arguments[q.argument].rank ||
        record.arguments[q.argument].kind == ArgumentRecord::Kind::workspace)
      r.fail("a requirement names a dimension that is not there");
    q.extent = read_expression(r, record.arguments, false);
  }
  record.workspaces = read_workspaces(r, record.arguments);
  record.tensor_maps = read_tensor_maps(r, record);
  record.threads = r.get<std::uint32_t>();
  record.dynamic_shared = r.get<std::uint32_t>();
  return record;
}

}  // namespace tegula::format
