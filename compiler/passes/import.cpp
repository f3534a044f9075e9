#include "compiler/passes/import.h"

#include <fmt/format.h>

#include <bit>

#include "compiler/ir/dialect.h"
#include "dsl/program/abi.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "tegula/error.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using mlir::cast;
using program::Comparison;
using program::Instruction;
using program::Op;
using program::Parameter;
using program::Program;
using program::Region;
using program::ValueId;

arith::CmpFPredicate float_predicate(Comparison c) {
  switch (c) {
    case Comparison::eq:
      return arith::CmpFPredicate::OEQ;
    case Comparison::ne:
      return arith::CmpFPredicate::UNE;
    case Comparison::lt:
      return arith::CmpFPredicate::OLT;
    case Comparison::le:
      return arith::CmpFPredicate::OLE;
    case Comparison::gt:
      return arith::CmpFPredicate::OGT;
    case Comparison::ge:
      return arith::CmpFPredicate::OGE;
  }
  throw InternalError("unknown comparison");
}

arith::CmpIPredicate integer_predicate(Comparison c, bool is_signed) {
  using P = arith::CmpIPredicate;
  switch (c) {
    case Comparison::eq:
      return P::eq;
    case Comparison::ne:
      return P::ne;
    case Comparison::lt:
      return is_signed ? P::slt : P::ult;
    case Comparison::le:
      return is_signed ? P::sle : P::ule;
    case Comparison::gt:
      return is_signed ? P::sgt : P::ugt;
    case Comparison::ge:
      return is_signed ? P::sge : P::uge;
  }
  throw InternalError("unknown comparison");
}

class Importer {
 public:
  Importer(MLIRContext& context, const Program& program)
      : program_(program), builder_(&context), values_(program.types.size()) {}

  OwningOpRef<ModuleOp> run() {
    OwningOpRef<ModuleOp> module = ModuleOp::create(builder_.getUnknownLoc());
    builder_.setInsertionPointToEnd(module->getBody());
    create_function();
    note_requirements();
    define_grid();
    import_region(program_.body);
    func::ReturnOp::create(builder_, builder_.getUnknownLoc());
    return module;
  }

 private:
  //===--- Types and locations --------------------------------------------------------------===//

  mlir::Type element_type(DType dtype) {
    switch (dtype) {
      case DType::f16:
        return builder_.getF16Type();
      case DType::bf16:
        return builder_.getBF16Type();
      case DType::f32:
        return builder_.getF32Type();
      case DType::f64:
        return builder_.getF64Type();
      case DType::f8e4m3:
      case DType::f8e5m2:
        throw Error(ErrorCode::unsupported,
                    {.where = where_,
                     .problem = fmt::format("the compiler has no {} arithmetic or memory access",
                                            dtype_name(dtype)),
                     .hint = "use f16, bf16, f32 or an integer type"});
      default:
        return builder_.getIntegerType(dtype_bits(dtype));
    }
  }

  mlir::Type tile_type(const program::Type& type) {
    mlir::Type element = element_type(type.dtype);
    if (type.shape.empty()) return element;
    return RankedTensorType::get(type.shape, element);
  }

  Location location(const Instruction& instruction) {
    if (instruction.location >= program_.locations.size()) return builder_.getUnknownLoc();
    const auto& at = program_.locations[instruction.location];
    where_ = program::describe_location(program_, at);
    return FileLineColLoc::get(builder_.getContext(), program_.files.at(at.file), at.line,
                               at.column);
  }

  //===--- The function ---------------------------------------------------------------------===//

  void create_function() {
    const auto parameters = program::kernel_parameters(program_);
    llvm::SmallVector<mlir::Type> inputs;
    for (const auto& p : parameters) {
      const bool pointer = p.source == format::KernelParameter::Source::pointer;
      inputs.push_back(pointer ? mlir::Type(LLVM::LLVMPointerType::get(builder_.getContext(), 1))
                               : element_type(p.dtype));
    }
    auto function = func::FuncOp::create(builder_, builder_.getUnknownLoc(), program_.name,
                                         builder_.getFunctionType(inputs, {}));
    function->setAttr(tile::warps_attribute, builder_.getI32IntegerAttr(program_.warps));
    Block* entry = function.addEntryBlock();
    for (auto [p, argument] : llvm::zip(parameters, entry->getArguments()))
      arguments_[key(p.source, p.argument, p.dimension)] = argument;
    builder_.setInsertionPointToStart(entry);
  }

  using Source = format::KernelParameter::Source;
  static std::uint64_t key(Source source, std::uint32_t argument, std::uint32_t dimension) {
    return (static_cast<std::uint64_t>(source) << 48) | (std::uint64_t{argument} << 16) | dimension;
  }
  Value argument(Source source, std::uint32_t argument, std::uint32_t dimension = 0) {
    auto it = arguments_.find(key(source, argument, dimension));
    if (it == arguments_.end()) throw InternalError("a kernel parameter is missing");
    return it->second;
  }

  void note_requirements() {
    for (const auto& r : program_.requirements)
      if (r.dimension >= 0) required_.try_emplace({r.parameter, r.dimension}, r.extent);
  }

  /// Program ids are bounded by the grid's extents, which the Program may compute after them. They
  /// depend on extents and constants alone, so they can come first.
  void define_grid() {
    llvm::DenseMap<ValueId, const Instruction*> definitions;
    for (const Instruction& i : program_.body.body)
      for (ValueId result : i.results) definitions[result] = &i;
    const auto define = [&](const auto& self, ValueId id) -> void {
      if (values_.at(id)) return;
      const auto it = definitions.find(id);
      if (it == definitions.end()) throw InternalError("the grid depends on a loop");
      for (ValueId operand : it->second->operands) self(self, operand);
      import(*it->second);
    };
    for (const auto& [place, extent] : required_) define(define, extent);
    for (ValueId extent : program_.grid) define(define, extent);
  }

  //===--- Instructions ---------------------------------------------------------------------===//

  void import_region(const Region& region) {
    for (const Instruction& instruction : region.body) {
      if (instruction.op == Op::yield) continue;
      if (!instruction.results.empty() && values_.at(instruction.results[0])) continue;
      import(instruction);
    }
  }

  Value operand(const Instruction& i, std::size_t k) { return values_.at(i.operands.at(k)); }
  llvm::SmallVector<Value> operands_from(const Instruction& i, std::size_t first) {
    llvm::SmallVector<Value> result;
    for (std::size_t k = first; k < i.operands.size(); ++k) result.push_back(operand(i, k));
    return result;
  }
  /// The coordinates of an access; a view of rank 0 has one of rank 1.
  llvm::SmallVector<Value> coordinates_from(const Instruction& i, std::size_t first, Location loc) {
    llvm::SmallVector<Value> coordinates = operands_from(i, first);
    if (coordinates.empty()) coordinates.push_back(constant(loc, DType::i32, 0));
    return coordinates;
  }
  Value to_scalar(Value tile, Location loc) {
    return tile::ToScalarOp::create(builder_, loc, getElementTypeOrSelf(tile.getType()), tile);
  }
  Value as_tile(Value value, Location loc) {
    if (isa<RankedTensorType>(value.getType())) return value;
    return tile::SplatOp::create(builder_, loc, RankedTensorType::get({1}, value.getType()), value);
  }
  const program::Type& operand_type(const Instruction& i, std::size_t k) {
    return program_.types.at(i.operands.at(k));
  }
  const program::Type& result_type(const Instruction& i) { return program_.types.at(i.results[0]); }

  void import(const Instruction& i) {
    const Location loc = location(i);
    if (i.op == Op::store) {
      const llvm::SmallVector<Value> coordinates = coordinates_from(i, 2, loc);
      tile::StoreOp::create(builder_, loc, as_tile(operand(i, 0), loc), operand(i, 1), coordinates,
                            llvm::SmallVector<bool>(coordinates.size(), false));
    } else if (i.op == Op::for_loop) {
      import_loop(i, loc);
    } else {
      values_.at(i.results.at(0)) = import_value(i, loc);
    }
  }

  Value import_value(const Instruction& i, Location loc) {
    const program::Type& type = result_type(i);
    switch (i.op) {
      case Op::constant:
        return constant(loc, type.dtype, i.attributes[0]);
      case Op::dim:
        return extent(loc, static_cast<std::uint32_t>(i.attributes[0]),
                      static_cast<std::uint32_t>(i.attributes[1]));
      case Op::scalar:
        return argument(Source::scalar, static_cast<std::uint32_t>(i.attributes[0]));
      case Op::program_id: {
        const auto axis = static_cast<std::uint32_t>(i.attributes[0]);
        return tile::ProgramIdOp::create(builder_, loc, axis, values_.at(program_.grid.at(axis)));
      }
      case Op::iota:
        return tile::IotaOp::create(builder_, loc, tile_type(type));
      case Op::view:
        return view(i, loc);
      case Op::load: {
        const llvm::SmallVector<Value> coordinates = coordinates_from(i, 1, loc);
        const Value tile = tile::LoadOp::create(
            builder_, loc, cast<tile::ViewType>(operand(i, 0).getType()).tileType(), operand(i, 0),
            coordinates, llvm::SmallVector<bool>(coordinates.size(), false));
        return type.shape.empty() ? to_scalar(tile, loc) : tile;
      }
      case Op::splat:
        return tile::SplatOp::create(builder_, loc, tile_type(type), operand(i, 0));
      case Op::broadcast:
        return tile::BroadcastOp::create(builder_, loc, tile_type(type), operand(i, 0));
      case Op::reshape:
        if (type.shape.empty()) return to_scalar(operand(i, 0), loc);
        return tile::ReshapeOp::create(builder_, loc, tile_type(type), operand(i, 0));
      case Op::reduce:
        return tile::ReduceOp::create(builder_, loc, tile_type(type), tile::ReduceKind::sum,
                                      operand(i, 0), static_cast<std::uint32_t>(i.attributes[1]));
      case Op::cast:
        return convert(i, loc);
      case Op::compare:
        return compare(i, loc);
      case Op::select:
        return arith::SelectOp::create(builder_, loc, operand(i, 0), operand(i, 1), operand(i, 2));
      default:
        return arithmetic(i, loc);
    }
  }

  Value constant(Location loc, DType dtype, std::int64_t bits) {
    mlir::Type type = element_type(dtype);
    if (is_float(dtype))
      return arith::ConstantOp::create(builder_, loc,
                                       builder_.getFloatAttr(type, std::bit_cast<double>(bits)));
    return arith::ConstantOp::create(builder_, loc, builder_.getIntegerAttr(type, bits));
  }

  /// An extent of a tensor: a constant, what a requirement says it equals, or a parameter.
  Value extent(Location loc, std::uint32_t parameter, std::uint32_t dimension) {
    const std::int64_t known = program_.parameters.at(parameter).extents.at(dimension);
    if (known != Parameter::dynamic) return constant(loc, DType::i32, known);
    const auto it = required_.find({parameter, static_cast<std::int32_t>(dimension)});
    if (it != required_.end())
      if (Value value = values_.at(it->second)) return value;
    return argument(Source::extent, parameter, dimension);
  }

  Value view(const Instruction& i, Location loc) {
    const auto index = static_cast<std::uint32_t>(i.attributes[0]);
    const Parameter& p = program_.parameters.at(index);
    llvm::SmallVector<int64_t> extents, strides;
    llvm::SmallVector<Value> open_extents, open_strides;
    for (std::uint32_t d = 0; d < p.extents.size(); ++d) {
      const Value value = extent(loc, index, d);
      APInt known;  // a requirement may say more than the parameter
      const bool is_known = matchPattern(value, m_ConstantInt(&known));
      extents.push_back(is_known ? known.getSExtValue() : ShapedType::kDynamic);
      if (!is_known) open_extents.push_back(value);
      strides.push_back(p.strides[d] == Parameter::dynamic ? ShapedType::kDynamic : p.strides[d]);
      if (p.strides[d] == Parameter::dynamic)
        open_strides.push_back(argument(Source::stride, index, d));
    }
    // A tensor of rank 0 is one of rank 1 with one element.
    std::vector<std::int64_t> shape = result_type(i).shape, divisors = p.stride_divisors;
    if (shape.empty()) {
      shape = divisors = {1};
      extents = strides = {1};
    }
    const auto type =
        tile::ViewType::get(builder_.getContext(), shape, element_type(p.dtype), extents, strides,
                            divisors, p.alignment, /*inBounds=*/i.attributes[2] != 0,
                            /*padBits=*/i.attributes[1]);
    return tile::ViewOp::create(builder_, loc, type, argument(Source::pointer, index), open_extents,
                                open_strides, builder_.getStringAttr(p.name));
  }

  void import_loop(const Instruction& i, Location loc) {
    const Value step = constant(loc, DType::i32, 1);
    const Region& body = i.regions.at(0);
    auto loop =
        scf::ForOp::create(builder_, loc, operand(i, 0), operand(i, 1), step, operands_from(i, 2));
    for (auto [id, value] : llvm::zip(body.arguments, loop.getBody()->getArguments()))
      values_.at(id) = value;
    {
      OpBuilder::InsertionGuard guard(builder_);
      // A loop that carries nothing gets its yield when it is created.
      if (loop.getBody()->mightHaveTerminator() && !loop.getBody()->empty())
        builder_.setInsertionPoint(loop.getBody()->getTerminator());
      else
        builder_.setInsertionPointToEnd(loop.getBody());
      import_region(body);
      if (i.operands.size() > 2)
        scf::YieldOp::create(builder_, loc, operands_from(body.body.back(), 0));
    }
    for (auto [id, value] : llvm::zip(i.results, loop.getResults())) values_.at(id) = value;
  }

  //===--- Arithmetic -----------------------------------------------------------------------===//

  Value convert(const Instruction& i, Location loc) {
    const DType from = operand_type(i, 0).dtype, to = result_type(i).dtype;
    const mlir::Type type = tile_type(result_type(i));
    const Value value = operand(i, 0);
    const auto through = [&](DType middle) {
      program::Type t = result_type(i);
      t.dtype = middle;
      return tile_type(t);
    };
    if (from == to) return value;
    if (is_float(from) && is_float(to)) {
      if (dtype_bits(from) < dtype_bits(to))
        return arith::ExtFOp::create(builder_, loc, type, value);
      if (dtype_bits(from) > dtype_bits(to))
        return arith::TruncFOp::create(builder_, loc, type, value);
      // Between f16 and bf16: exact into f32, then rounded once.
      Value wide = arith::ExtFOp::create(builder_, loc, through(DType::f32), value);
      return arith::TruncFOp::create(builder_, loc, type, wide);
    }
    if (is_float(from)) {
      if (to == DType::i1) return not_zero(i, loc);
      return is_signed_integer(to) ? Value(arith::FPToSIOp::create(builder_, loc, type, value))
                                   : Value(arith::FPToUIOp::create(builder_, loc, type, value));
    }
    if (is_float(to))
      return is_signed_integer(from) ? Value(arith::SIToFPOp::create(builder_, loc, type, value))
                                     : Value(arith::UIToFPOp::create(builder_, loc, type, value));
    if (to == DType::i1) return not_zero(i, loc);
    if (dtype_bits(from) == dtype_bits(to)) return value;  // signed and unsigned share a type
    if (dtype_bits(from) > dtype_bits(to))
      return arith::TruncIOp::create(builder_, loc, type, value);
    return is_signed_integer(from) ? Value(arith::ExtSIOp::create(builder_, loc, type, value))
                                   : Value(arith::ExtUIOp::create(builder_, loc, type, value));
  }

  /// Zero (or any constant) in the shape of an operand.
  Value constant_like(const program::Type& type, Location loc, std::int64_t bits) {
    Value scalar = constant(loc, type.dtype, bits);
    if (type.shape.empty()) return scalar;
    return tile::SplatOp::create(builder_, loc, tile_type(type), scalar);
  }

  Value not_zero(const Instruction& i, Location loc) {
    const program::Type& type = operand_type(i, 0);
    const Value zero = constant_like(type, loc, 0);
    if (is_float(type.dtype))
      return arith::CmpFOp::create(builder_, loc, arith::CmpFPredicate::UNE, operand(i, 0), zero);
    return arith::CmpIOp::create(builder_, loc, arith::CmpIPredicate::ne, operand(i, 0), zero);
  }

  Value compare(const Instruction& i, Location loc) {
    const auto comparison = static_cast<Comparison>(i.attributes[0]);
    const DType dtype = operand_type(i, 0).dtype;
    if (is_float(dtype))
      return arith::CmpFOp::create(builder_, loc, float_predicate(comparison), operand(i, 0),
                                   operand(i, 1));
    return arith::CmpIOp::create(builder_, loc,
                                 integer_predicate(comparison, is_signed_integer(dtype)),
                                 operand(i, 0), operand(i, 1));
  }

  template <class Float, class Signed, class Unsigned>
  Value by_kind(const Instruction& i, Location loc) {
    const DType dtype = operand_type(i, 0).dtype;
    const Value a = operand(i, 0), b = operand(i, 1);
    if (is_float(dtype)) return Float::create(builder_, loc, a, b);
    if (is_signed_integer(dtype)) return Signed::create(builder_, loc, a, b);
    return Unsigned::create(builder_, loc, a, b);
  }

  Value arithmetic(const Instruction& i, Location loc) {
    const program::Type& type = operand_type(i, 0);
    const bool floating = is_float(type.dtype);
    const Value a = operand(i, 0);
    switch (i.op) {
      case Op::add:
        return by_kind<arith::AddFOp, arith::AddIOp, arith::AddIOp>(i, loc);
      case Op::sub:
        return by_kind<arith::SubFOp, arith::SubIOp, arith::SubIOp>(i, loc);
      case Op::mul:
        return by_kind<arith::MulFOp, arith::MulIOp, arith::MulIOp>(i, loc);
      case Op::div:
        return by_kind<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(i, loc);
      case Op::rem:
        return by_kind<arith::RemFOp, arith::RemSIOp, arith::RemUIOp>(i, loc);
      case Op::minimum:
        return by_kind<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(i, loc);
      case Op::maximum:
        return by_kind<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(i, loc);
      case Op::cdiv:
        return cdiv(i, loc);
      case Op::bit_and:
        return arith::AndIOp::create(builder_, loc, a, operand(i, 1));
      case Op::bit_or:
        return arith::OrIOp::create(builder_, loc, a, operand(i, 1));
      case Op::bit_xor:
        return arith::XOrIOp::create(builder_, loc, a, operand(i, 1));
      case Op::neg:
        if (floating) return arith::NegFOp::create(builder_, loc, a);
        return arith::SubIOp::create(builder_, loc, constant_like(type, loc, 0), a);
      case Op::abs:
        if (floating) return math::AbsFOp::create(builder_, loc, a);
        return math::AbsIOp::create(builder_, loc, a);
      case Op::sqrt:
        return math::SqrtOp::create(builder_, loc, a);
      case Op::rsqrt:
        return math::RsqrtOp::create(builder_, loc, a);
      case Op::fma:
        return math::FmaOp::create(builder_, loc, a, operand(i, 1), operand(i, 2));
      default:
        break;
    }
    throw Error(ErrorCode::unsupported,
                {.where = where_,
                 .problem = fmt::format("the compiler cannot lower `{}`", program::op_name(i.op))});
  }

  /// ceil(a / b) for b > 0: the truncated quotient, plus one if something positive is left over.
  Value cdiv(const Instruction& i, Location loc) {
    const program::Type& type = operand_type(i, 0);
    const bool is_signed = is_signed_integer(type.dtype);
    const Value a = operand(i, 0), b = operand(i, 1);
    const Value quotient = by_kind<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(i, loc);
    const Value product = arith::MulIOp::create(builder_, loc, quotient, b);
    const auto greater = is_signed ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::ugt;
    const Value left_over = arith::CmpIOp::create(builder_, loc, greater, a, product);
    const Value one = arith::ExtUIOp::create(builder_, loc, tile_type(type), left_over);
    return arith::AddIOp::create(builder_, loc, quotient, one);
  }

  const Program& program_;
  OpBuilder builder_;
  std::vector<Value> values_;  ///< by ValueId
  llvm::DenseMap<std::uint64_t, Value> arguments_;
  llvm::DenseMap<std::pair<std::uint32_t, std::int32_t>, ValueId> required_;
  std::string where_;  ///< the line of the instruction at hand
};

}  // namespace

OwningOpRef<ModuleOp> import_program(MLIRContext& context, const Program& program) {
  return Importer(context, program).run();
}

}  // namespace tegula::compiler
