// The type rule of each op. Elementwise ops follow the table; the others have a line or a function
// here.
#include "dsl/program/limits.h"
#include "dsl/program/op_table.h"
#include "dsl/program/verify_parts.h"

namespace tegula::program {
namespace {

struct Types {
  const Program& program;
  const Instruction& instruction;
  const Type& operand(std::size_t i) const { return program.types[instruction.operands[i]]; }
  const Type& result() const { return program.types[instruction.results[0]]; }
  std::int64_t attribute(std::size_t i) const { return instruction.attributes[i]; }
  /// The parameter that attribute 0 names, if it is one of that kind; else null.
  const Parameter* parameter(Parameter::Kind kind) const {
    const std::int64_t index = attribute(0);
    if (index < 0 || index >= static_cast<std::int64_t>(program.parameters.size())) return nullptr;
    const Parameter& p = program.parameters[static_cast<std::size_t>(index)];
    return p.kind == kind ? &p : nullptr;
  }
};

bool is_tile(const Type& type) { return type.kind == Type::Kind::tile; }

std::int64_t elements(const Type& type) {
  std::int64_t count = 1;
  for (const std::int64_t extent : type.shape) count *= extent;
  return count;
}

const char* check_elementwise(const Types& t, const OpRule& r) {
  for (std::size_t i = 0; i < t.instruction.operands.size(); ++i)
    if (!(t.operand(i) == t.result())) return "operands and result are not of one type";
  if (!is_tile(t.result())) return "an operand is no tile";
  return contains(r.dtypes, t.result().dtype) ? nullptr : "it does not take this dtype";
}

const char* check_dim(const Types& t) {
  const Parameter* p = t.parameter(Parameter::Kind::tensor);
  if (p == nullptr) return "the parameter is no tensor";
  if (t.attribute(1) < 0 || t.attribute(1) >= static_cast<std::int64_t>(p->extents.size()))
    return "the tensor has no such dimension";
  return is_scalar(t.result(), DType::i32) ? nullptr : "the result is no i32 scalar";
}

const char* check_view(const Types& t) {
  const Parameter* p = t.parameter(Parameter::Kind::tensor);
  if (p == nullptr) return "the parameter is no tensor";
  if (t.attribute(2) != 0 && t.attribute(2) != 1) return "the promise is neither 0 nor 1";
  const Type& view = t.result();
  if (is_tile(view) || view.dtype != p->dtype || view.shape.size() != p->extents.size())
    return "the result is no view of the tensor";
  return nullptr;
}

/// `first`: where the view is among the operands; the coordinates follow.
const char* check_access(const Types& t, std::size_t first, const Type& tile) {
  const Type& view = t.operand(first);
  if (is_tile(view)) return "the operand is no view";
  if (!is_tile(tile) || tile.dtype != view.dtype || tile.shape != view.shape)
    return "the tile is not of the view's shape and dtype";
  if (t.instruction.operands.size() != first + 1 + view.shape.size())
    return "it wants one coordinate for each dimension";
  for (std::size_t i = first + 1; i < t.instruction.operands.size(); ++i)
    if (!is_scalar(t.operand(i), DType::i32)) return "a coordinate is no i32 scalar";
  return nullptr;
}

const char* check_broadcast(const Types& t) {
  const Type &from = t.operand(0), &to = t.result();
  if (!is_tile(from) || !is_tile(to) || from.dtype != to.dtype ||
      from.shape.size() != to.shape.size() || from.shape.empty())
    return "the tiles differ in rank or dtype";
  for (std::size_t i = 0; i < from.shape.size(); ++i)
    if (from.shape[i] != to.shape[i] && from.shape[i] != 1) return "an extent other than 1 grows";
  return nullptr;
}

const char* check_reduce(const Types& t, const OpRule& r) {
  const Type& from = t.operand(0);
  if (t.attribute(0) < 0 || t.attribute(0) >= reduce_kind_count) return "an unknown reduction";
  if (!is_tile(from) || !contains(r.dtypes, from.dtype)) return "it does not take this dtype";
  if (t.attribute(1) < 0 || t.attribute(1) >= static_cast<std::int64_t>(from.shape.size()))
    return "the axis is out of range";
  Type to = from;
  to.shape[static_cast<std::size_t>(t.attribute(1))] = 1;
  return t.result() == to ? nullptr : "the result is not of extent 1 at the axis";
}

const char* check_compare(const Types& t, const OpRule& r) {
  const Type& a = t.operand(0);
  if (t.attribute(0) < 0 || t.attribute(0) >= comparison_count) return "an unknown comparison";
  if (!is_tile(a) || !(a == t.operand(1))) return "the operands are not of one type";
  if (!contains(r.dtypes, a.dtype)) return "it does not take this dtype";
  if (a.dtype == DType::i1 && t.attribute(0) > 1) return "i1 has no order";
  return t.result() == Type{Type::Kind::tile, DType::i1, a.shape} ? nullptr
                                                                  : "the result is no mask";
}

const char* check_select(const Types& t) {
  const Type& result = t.result();
  if (!is_tile(result) || !(t.operand(1) == result) || !(t.operand(2) == result))
    return "the branches and the result are not of one type";
  return t.operand(0) == Type{Type::Kind::tile, DType::i1, result.shape}
             ? nullptr
             : "the condition is no mask of the same shape";
}

}  // namespace

const char* check_types(const Program& program, const Instruction& instruction) {
  const Types t{program, instruction};
  const OpRule& r = rule(instruction.op);
  if (r.elementwise) return check_elementwise(t, r);
  const auto when = [](bool holds, const char* problem) { return holds ? nullptr : problem; };
  switch (instruction.op) {
    case Op::constant:
      return when(is_tile(t.result()) && t.result().shape.empty() &&
                      (is_float(t.result().dtype) || fits(t.result().dtype, t.attribute(0))),
                  "the result is no scalar that can hold the value");
    case Op::dim:
      return check_dim(t);
    case Op::scalar: {
      const Parameter* p = t.parameter(Parameter::Kind::scalar);
      return when(p != nullptr && is_scalar(t.result(), p->dtype),
                  "it is not the value of a scalar parameter");
    }
    case Op::program_id:
      return when(t.attribute(0) >= 0 &&
                      t.attribute(0) < static_cast<std::int64_t>(program.grid.size()) &&
                      is_scalar(t.result(), DType::i32),
                  "it is no i32 coordinate in the grid");
    case Op::iota:
      return when(
          is_tile(t.result()) && t.result().shape.size() == 1 && t.result().dtype == DType::i32,
          "the result is no i32 tile of rank 1");
    case Op::view:
      return check_view(t);
    case Op::load:
      if (instruction.operands.empty()) return "it has no view";
      if (const char* problem = check_access(t, 0, t.result())) return problem;
      return nullptr;
    case Op::store:
      if (instruction.operands.size() < 2) return "it has no tile and view";
      return check_access(t, 1, t.operand(0));
    case Op::splat:
      return when(is_tile(t.result()) && !t.result().shape.empty() &&
                      is_scalar(t.operand(0), t.result().dtype),
                  "it does not spread a scalar over a tile of its dtype");
    case Op::broadcast:
      return check_broadcast(t);
    case Op::reshape:
      return when(is_tile(t.operand(0)) && is_tile(t.result()) &&
                      t.operand(0).dtype == t.result().dtype &&
                      elements(t.operand(0)) == elements(t.result()),
                  "the tiles differ in dtype or in the number of elements");
    case Op::cast:
      return when(is_tile(t.operand(0)) && is_tile(t.result()) &&
                      t.operand(0).shape == t.result().shape &&
                      t.operand(0).dtype != t.result().dtype && t.result().dtype != DType::i1,
                  "it does not change the dtype, and that alone, to another than i1");
    case Op::reduce:
      return check_reduce(t, r);
    case Op::compare:
      return check_compare(t, r);
    case Op::select:
      return check_select(t);
    default:
      return "it has no type rule";
  }
}

}  // namespace tegula::program
