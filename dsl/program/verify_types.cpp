// The type rule of each op. Elementwise ops follow the table; the others have a line or a function
// here.
#include <bit>

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
  /// The parameter that attribute 0 names, if it is of that kind; else null.
  const Parameter* parameter(Parameter::Kind kind) const {
    const std::int64_t index = attribute(0);
    if (index < 0 || index >= static_cast<std::int64_t>(program.parameters.size())) return nullptr;
    const Parameter& p = program.parameters[static_cast<std::size_t>(index)];
    return p.kind == kind ? &p : nullptr;
  }
  /// The same for tensors, including workspaces.
  const Parameter* tensor() const {
    const Parameter* given = parameter(Parameter::Kind::tensor);
    return given != nullptr ? given : parameter(Parameter::Kind::workspace);
  }
};

bool is_tile(const Type& type) { return type.kind == Type::Kind::tile; }

std::int64_t elements(const Type& type) {
  std::int64_t count = 1;
  for (const std::int64_t extent : type.shape) count *= extent;
  return count;
}

/// Those whose values have names or stand in a list of the Program.
const char* check_attributes(const Types& t, const OpRule& r) {
  std::size_t at = 0;
  const auto is_one_of = [&](std::size_t count) {
    const std::int64_t value = t.attribute(at);
    return value >= 0 && value < static_cast<std::int64_t>(count);
  };
  for (const Attribute what : r.attributes) {
    if (what == Attribute::comparison && !is_one_of(comparison_count))
      return "an unknown comparison";
    if (what == Attribute::reduce_kind && !is_one_of(reduce_kind_count))
      return "an unknown reduction";
    if (what == Attribute::atomic_kind && !is_one_of(atomic_kind_count)) return "an unknown atomic";
    if (what == Attribute::order && !is_one_of(memory_order_count))
      return "an unknown memory order";
    if (what == Attribute::scope && !is_one_of(memory_scope_count))
      return "an unknown memory scope";
    if (what == Attribute::message && !is_one_of(t.program.strings.size()))
      return "it has no message";
    ++at;
  }
  return nullptr;
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
  const Parameter* p = t.tensor();
  if (p == nullptr) return "the parameter is no tensor";
  if (t.attribute(2) != 0 && t.attribute(2) != 1) return "the promise is neither 0 nor 1";
  const std::int64_t narrowed = t.attribute(3);
  if (narrowed < 0 || narrowed >= std::int64_t{1} << p->extents.size())
    return "a narrowed dimension is none of the tensor's";
  if (t.instruction.operands.size() !=
      2 * static_cast<std::size_t>(std::popcount(static_cast<std::uint64_t>(narrowed))))
    return "it wants start and length for each narrowed dimension";
  for (std::size_t i = 0; i < t.instruction.operands.size(); ++i)
    if (!is_scalar(t.operand(i), DType::i32)) return "a start or a length is no i32 scalar";
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

const char* check_reshape(const Types& t) {
  const Type &from = t.operand(0), &to = t.result();
  if (!is_tile(from) || !is_tile(to) || from.dtype != to.dtype || elements(from) != elements(to))
    return "the tiles differ in dtype or in the number of elements";
  return from.shape.empty() ? "a scalar becomes a tile by splat" : nullptr;
}

const char* check_reduce(const Types& t) {
  const Type& from = t.operand(0);
  if (!is_tile(from) ||
      !contains(reduce_dtypes(static_cast<ReduceKind>(t.attribute(0))), from.dtype))
    return "it does not take this dtype";
  if (t.attribute(1) < 0 || t.attribute(1) >= static_cast<std::int64_t>(from.shape.size()))
    return "the axis is out of range";
  Type to = from;
  to.shape[static_cast<std::size_t>(t.attribute(1))] = 1;
  return t.result() == to ? nullptr : "the result is not of extent 1 at the axis";
}

const char* check_cluster_reduce(const Types& t, const OpRule& r) {
  if (t.program.cluster < 2) return "the blocks are no clusters";
  if (t.attribute(0) > static_cast<std::int64_t>(ReduceKind::max)) return "an unknown reduction";
  if (!is_tile(t.operand(0)) || !contains(r.dtypes, t.operand(0).dtype))
    return "it does not take this dtype";
  return t.result() == t.operand(0) ? nullptr : "the result is not of the tile's type";
}

const char* check_compare(const Types& t, const OpRule& r) {
  const Type& a = t.operand(0);
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

const char* check_transpose(const Types& t) {
  const Type &from = t.operand(0), &to = t.result();
  const std::size_t rank = from.shape.size();
  if (!is_tile(from) || !is_tile(to) || from.dtype != to.dtype || to.shape.size() != rank)
    return "the tiles differ in rank or dtype";
  if (rank == 0) return "a scalar has nothing to permute";
  if (t.instruction.attributes.size() != rank) return "it is no permutation of the dimensions";
  unsigned seen = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t source = t.attribute(i);
    if (source < 0 || source >= static_cast<std::int64_t>(rank) || (seen >> source & 1) != 0)
      return "it is no permutation of the dimensions";
    seen |= 1u << source;
    if (to.shape[i] != from.shape[static_cast<std::size_t>(source)])
      return "the result is not the permuted tile";
  }
  return nullptr;
}

/// `joined` is `half` with a new last axis of extent 2.
const char* check_halves(const Type& half, const Type& other, Type joined) {
  if (!is_tile(half) || !(half == other)) return "the halves are not of one type";
  if (half.shape.empty()) return "the halves are scalars";
  if (joined.shape.empty() || joined.shape.back() != 2) return "the last extent is not 2";
  joined.shape.pop_back();
  return joined == half ? nullptr : "the whole does not follow from the halves";
}

/// `first`: where the index tiles begin; the mask follows them. All are of one shape.
const char* check_indexed(const Types& t, std::size_t first, const Type& value) {
  const Parameter* p = t.tensor();
  if (p == nullptr) return "the parameter is no tensor";
  if (!is_tile(value) || value.dtype != p->dtype || value.shape.empty())
    return "it is no tile of the tensor's dtype";
  const std::size_t rank = p->extents.size();
  for (std::size_t i = first; i < first + rank; ++i) {
    const Type& index = t.operand(i);
    if (!is_tile(index) || index.shape != value.shape ||
        (index.dtype != DType::i32 && index.dtype != DType::i64))
      return "an index is no i32 or i64 tile of the result's shape";
  }
  return t.operand(first + rank) == Type{Type::Kind::tile, DType::i1, value.shape}
             ? nullptr
             : "the mask is not of the result's shape";
}

/// `before`: operands before the index tiles; `after`: those after the mask. All but the index
/// tiles and the mask are values of the result's type.
const char* check_indexed_op(const Types& t, std::size_t before, std::size_t after) {
  const Parameter* p = t.tensor();
  if (p == nullptr) return "the parameter is no tensor";
  const std::size_t count = t.instruction.operands.size();
  if (count != before + p->extents.size() + 1 + after)
    return "it wants one index tile for each dimension";
  const Type& value = before > 0 ? t.operand(0) : t.operand(count - 1);
  for (std::size_t i = 0; i < before; ++i)
    if (!(t.operand(i) == value)) return "the values are not of one type";
  if (!t.instruction.results.empty() && !(t.result() == value))
    return "the result is not of the values' type";
  return check_indexed(t, before, value);
}

const char* check_atomic(const Types& t) {
  if (const char* problem = check_indexed_op(t, 1, 0)) return problem;
  return contains(atomic_dtypes(static_cast<AtomicKind>(t.attribute(1))), t.result().dtype)
             ? nullptr
             : "it does not take this dtype";
}

const char* check_cas(const Types& t, const OpRule& r) {
  if (const char* problem = check_indexed_op(t, 2, 0)) return problem;
  return contains(r.dtypes, t.result().dtype) ? nullptr : "it does not take this dtype";
}

const char* check_message(const Types& t) {
  for (std::size_t i = 0; i < t.instruction.operands.size(); ++i)
    if (!is_tile(t.operand(i))) return "an operand is no tile";
  if (t.instruction.op == Op::assert_that)
    return t.operand(0).dtype == DType::i1 ? nullptr : "the condition is no mask";
  if (t.instruction.operands.size() > max_printed_values) return "it prints too many values";
  return count_placeholders(t.program.strings[static_cast<std::size_t>(t.attribute(0))]) ==
                 static_cast<std::int64_t>(t.instruction.operands.size())
             ? nullptr
             : "the message has not one {} for each value";
}

}  // namespace

int count_placeholders(std::string_view message) {
  int count = 0;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if (c != '{' && c != '}') continue;
    const char next = i + 1 < message.size() ? message[i + 1] : ' ';
    if (next != c && !(c == '{' && next == '}')) return -1;
    count += next != c;
    ++i;
  }
  return count;
}

const char* check_types(const Program& program, const Instruction& instruction) {
  const Types t{program, instruction};
  const OpRule& r = rule(instruction.op);
  if (const char* problem = check_attributes(t, r)) return problem;
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
    case Op::num_programs:
      return when(t.attribute(0) >= 0 &&
                      t.attribute(0) < static_cast<std::int64_t>(program.grid.size()) &&
                      is_scalar(t.result(), DType::i32),
                  "it is no i32 coordinate in the grid");
    case Op::multiprocessors:
      return when(is_scalar(t.result(), DType::i32), "the result is no i32 scalar");
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
      return check_reshape(t);
    case Op::cast:
      return when(is_tile(t.operand(0)) && is_tile(t.result()) &&
                      t.operand(0).shape == t.result().shape &&
                      t.operand(0).dtype != t.result().dtype && t.result().dtype != DType::i1,
                  "it does not change the dtype, and that alone, to another than i1");
    case Op::reduce:
      return check_reduce(t);
    case Op::cluster_reduce:
      return check_cluster_reduce(t, r);
    case Op::compare:
      return check_compare(t, r);
    case Op::select:
      return check_select(t);
    case Op::transpose:
      return check_transpose(t);
    case Op::join:
      return check_halves(t.operand(0), t.operand(1), t.result());
    case Op::split:
      return check_halves(t.result(), t.program.types[instruction.results[1]], t.operand(0));
    case Op::gather:
      return check_indexed_op(t, 0, 1);
    case Op::scatter:
      return check_indexed_op(t, 1, 0);
    case Op::atomic:
      return check_atomic(t);
    case Op::atomic_cas:
      return check_cas(t, r);
    case Op::print:
    case Op::assert_that:
      return check_message(t);
    default:
      return "it has no type rule";
  }
}

}  // namespace tegula::program
