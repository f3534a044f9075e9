#include "compiler/import/import.h"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "compiler/import/arithmetic.h"
#include "compiler/ir/dialect.h"
#include "compiler/math/f8.h"
#include "dsl/program/abi.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "tegula/error.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

using mlir::cast;
using program::Instruction;
using program::Op;
using program::Parameter;
using program::Program;
using program::Region;
using program::ValueId;

tile::ReduceKind reduce_kind(program::ReduceKind kind, DType dtype) {
  const bool is_unsigned = is_unsigned_integer(dtype);
  switch (kind) {
    case program::ReduceKind::sum:
      return tile::ReduceKind::sum;
    case program::ReduceKind::min:
      return is_unsigned ? tile::ReduceKind::umin : tile::ReduceKind::min;
    case program::ReduceKind::max:
      return is_unsigned ? tile::ReduceKind::umax : tile::ReduceKind::max;
    case program::ReduceKind::bit_and:
      return tile::ReduceKind::bit_and;
    case program::ReduceKind::bit_or:
      return tile::ReduceKind::bit_or;
    case program::ReduceKind::bit_xor:
      return tile::ReduceKind::bit_xor;
  }
  throw InternalError("unknown reduction");
}

tile::AtomicKind atomic_kind(program::AtomicKind kind, DType dtype) {
  const bool is_unsigned = is_unsigned_integer(dtype);
  switch (kind) {
    case program::AtomicKind::add:
      return tile::AtomicKind::add;
    case program::AtomicKind::min:
      return is_unsigned ? tile::AtomicKind::umin : tile::AtomicKind::min;
    case program::AtomicKind::max:
      return is_unsigned ? tile::AtomicKind::umax : tile::AtomicKind::max;
    case program::AtomicKind::bit_and:
      return tile::AtomicKind::bit_and;
    case program::AtomicKind::bit_or:
      return tile::AtomicKind::bit_or;
    case program::AtomicKind::bit_xor:
      return tile::AtomicKind::bit_xor;
    case program::AtomicKind::exchange:
      return tile::AtomicKind::exchange;
  }
  throw InternalError("unknown atomic");
}

class Importer : ArithmeticImporter {
 public:
  using ArithmeticImporter::ArithmeticImporter;

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
  //===--- The function ---------------------------------------------------------------------===//

  void create_function() {
    find_tensors();
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
    mark_overlaps(function);
    builder_.setInsertionPointToStart(entry);
  }

  /// Merges parameters that are the same tensor: what is known of either is known of it.
  void find_tensors() {
    tensors_ = program_.parameters;
    for (std::uint32_t p = 0; p < tensors_.size(); ++p) first_.push_back(p);
    const auto learn = [](std::vector<std::int64_t>& known, const std::vector<std::int64_t>& more) {
      for (std::size_t d = 0; d < known.size(); ++d)
        if (known[d] == Parameter::dynamic) known[d] = more[d];
    };
    for (const program::Overlap& overlap : program_.overlaps) {
      if (!overlap.same) continue;
      first_[overlap.parameter] = overlap.with;
      learn(tensors_[overlap.with].extents, tensors_[overlap.parameter].extents);
      learn(tensors_[overlap.with].strides, tensors_[overlap.parameter].strides);
    }
  }
  const Parameter& tensor(std::uint32_t parameter) const {
    return tensors_.at(first_.at(parameter));
  }

  void mark_overlaps(func::FuncOp function) {
    llvm::SmallVector<int32_t> stand_in;
    for (unsigned k = 0; k < function.getNumArguments(); ++k)
      stand_in.push_back(static_cast<int32_t>(k));
    bool any = false;
    const auto number = [&](std::uint32_t parameter) {
      return cast<BlockArgument>(argument(Source::pointer, parameter)).getArgNumber();
    };
    for (const program::Overlap& overlap : program_.overlaps) {
      if (overlap.same) continue;
      stand_in[number(overlap.parameter)] = static_cast<int32_t>(number(overlap.with));
      any = true;
    }
    if (any) function->setAttr(tile::overlaps_attribute, builder_.getDenseI32ArrayAttr(stand_in));
  }

  using Source = format::KernelParameter::Source;
  static std::uint64_t key(Source source, std::uint32_t argument, std::uint32_t dimension) {
    return (static_cast<std::uint64_t>(source) << 48) | (std::uint64_t{argument} << 16) | dimension;
  }
  Value argument(Source source, std::uint32_t argument, std::uint32_t dimension = 0) {
    if (argument < first_.size()) argument = first_[argument];
    auto it = arguments_.find(key(source, argument, dimension));
    if (it == arguments_.end()) throw InternalError("a kernel parameter is missing");
    return it->second;
  }

  void note_requirements() {
    for (const auto& r : program_.requirements)
      if (r.dimension >= 0) required_.try_emplace({first_.at(r.parameter), r.dimension}, r.extent);
  }

  /// Program ids are bounded by the grid's extents, and extents are replaced by the values that
  /// requirements state for them, which the Program may compute later. Both depend only on extents
  /// and constants, so both can be computed first.
  ///
  /// The host evaluates these formulas in 64 bits, the device in 32. So a requirement stands for an
  /// extent, and a grid's extent bounds a program id, only where nothing can wrap: a tensor's
  /// extent, a constant, or their quotient rounded up.
  void define_grid() {
    for (const Instruction& i : program_.body.body)
      for (ValueId result : i.results) definitions_[result] = &i;
    for (auto it = required_.begin(); it != required_.end(); ++it)
      if (!is_leaf(it->second)) required_.erase(it);
    for (const auto& [dimension, extent] : required_) define(extent);
    for (ValueId extent : program_.grid)
      if (cannot_wrap(extent)) define(extent);
  }

  bool is_leaf(ValueId id) const {
    const auto it = definitions_.find(id);
    return it != definitions_.end() &&
           (it->second->op == Op::dim || it->second->op == Op::constant);
  }
  bool cannot_wrap(ValueId id) const {
    if (is_leaf(id)) return true;
    const auto it = definitions_.find(id);
    return it != definitions_.end() && it->second->op == Op::cdiv &&
           is_leaf(it->second->operands[0]) && is_leaf(it->second->operands[1]);
  }
  void define(ValueId id) {
    if (values_.at(id)) return;
    const auto it = definitions_.find(id);
    if (it == definitions_.end()) throw InternalError("the grid depends on a loop");
    for (ValueId operand : it->second->operands) define(operand);
    import(*it->second);
  }

  /// The exclusive upper bound of a program id; the largest i32 if nothing better is known.
  Value grid_bound(std::uint32_t axis, Location loc) {
    const ValueId extent = program_.grid.at(axis);
    if (cannot_wrap(extent)) return values_.at(extent);
    return constant(loc, DType::i32, std::numeric_limits<std::int32_t>::max());
  }

  //===--- Instructions ---------------------------------------------------------------------===//

  void import_region(const Region& region) {
    for (const Instruction& instruction : region.body) {
      if (instruction.op == Op::yield) continue;
      if (!instruction.results.empty() && values_.at(instruction.results[0])) continue;
      import(instruction);
    }
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
  void import(const Instruction& i) {
    const Location loc = location(i);
    if (i.op == Op::scatter) {
      const std::size_t rank = i.operands.size() - 2;
      tile::ScatterOp::create(builder_, loc, operand(i, 0), pointer_of(i), offsets(i, 1, rank, loc),
                              operands_from(i, 1 + rank).front());
    } else if (i.op == Op::print) {
      tile::PrintOp::create(builder_, loc, print_text(i), printed_values(i, loc));
    } else if (i.op == Op::assert_that) {
      tile::AssertOp::create(builder_, loc, operand(i, 0), message(i));
    } else if (i.op == Op::if_then) {
      import_if(i, loc);
    } else if (i.op == Op::while_loop) {
      import_while(i, loc);
    } else if (i.op == Op::reduce_with || i.op == Op::scan_with) {
      import_combination(i, loc);
    } else if (i.op == Op::split) {
      auto split = tile::SplitOp::create(builder_, loc, tile_type(result_type(i)),
                                         tile_type(result_type(i)), operand(i, 0));
      values_.at(i.results[0]) = split.getFirst();
      values_.at(i.results[1]) = split.getSecond();
    } else if (i.results.size() != 1 && i.op != Op::for_loop && i.op != Op::store) {
      cannot_lower(i);
    } else if (i.op == Op::store) {
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
      case Op::multiprocessors:
        return argument(Source::multiprocessors, 0);
      case Op::program_id: {
        const auto axis = static_cast<std::uint32_t>(i.attributes[0]);
        return tile::ProgramIdOp::create(builder_, loc, axis, grid_bound(axis, loc));
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
        return tile::ReduceOp::create(
            builder_, loc, tile_type(type),
            reduce_kind(static_cast<program::ReduceKind>(i.attributes[0]), type.dtype),
            operand(i, 0), static_cast<std::uint32_t>(i.attributes[1]));
      case Op::cluster_reduce: {
        const Value tile = as_tile(operand(i, 0), loc);
        const Value combined = tile::ClusterReduceOp::create(
            builder_, loc, tile.getType(),
            reduce_kind(static_cast<program::ReduceKind>(i.attributes[0]), type.dtype), tile,
            program_.cluster);
        return type.shape.empty() ? to_scalar(combined, loc) : combined;
      }
      case Op::num_programs:
        return tile::NumProgramsOp::create(builder_, loc,
                                           static_cast<std::uint32_t>(i.attributes[0]));
      case Op::transpose:
        return tile::TransposeOp::create(
            builder_, loc, tile_type(type), operand(i, 0),
            llvm::SmallVector<int32_t>(i.attributes.begin(), i.attributes.end()));
      case Op::join:
        return tile::JoinOp::create(builder_, loc, tile_type(type), operand(i, 0), operand(i, 1));
      case Op::gather: {
        const std::size_t rank = i.operands.size() - 2;
        const llvm::SmallVector<Value> rest = operands_from(i, rank);
        return tile::GatherOp::create(builder_, loc, tile_type(type), pointer_of(i),
                                      offsets(i, 0, rank, loc), rest[0], rest[1]);
      }
      case Op::atomic:
      case Op::atomic_cas:
        return atomic(i, loc);
      default:
        return arithmetic(i, loc);
    }
  }

  const std::string& message(const Instruction& i) {
    return program_.strings.at(static_cast<std::size_t>(i.attributes[0]));
  }

  /// Eight-bit floats as f32, which represents them all: their codes would mean nothing to a
  /// reader.
  llvm::SmallVector<Value> printed_values(const Instruction& i, Location loc) {
    llvm::SmallVector<Value> values;
    for (std::size_t k = 0; k < i.operands.size(); ++k) {
      const DType dtype = operand_type(i, k).dtype;
      values.push_back(is_f8(dtype) ? decode_f8(builder_, loc, dtype, operand(i, k))
                                    : operand(i, k));
    }
    return values;
  }

  /// The message with {u} for unsigned integers.
  std::string print_text(const Instruction& i) {
    std::string text;
    std::size_t next = 0;
    const std::string& from = message(i);
    for (std::size_t at = 0; at < from.size(); ++at) {
      text += from[at];
      if (from[at] != '{' && from[at] != '}') continue;
      if (from[at] == '{' && from.at(at + 1) == '}' &&
          is_unsigned_integer(operand_type(i, next++).dtype))
        text += 'u';
      text += from.at(++at);
    }
    return text;
  }

  Value atomic(const Instruction& i, Location loc) {
    const std::size_t values = i.op == Op::atomic ? 1 : 2;
    const std::size_t rank = i.operands.size() - values - 1;
    const std::size_t first = i.op == Op::atomic ? 2 : 1;  // of the attributes: order and scope
    const auto order = static_cast<tile::MemoryOrder>(i.attributes[first]);
    const auto scope = static_cast<tile::MemoryScope>(i.attributes[first + 1]);
    const Value offset = offsets(i, values, rank, loc), mask = operand(i, values + rank);
    if (i.op == Op::atomic_cas)
      return tile::AtomicCasOp::create(builder_, loc, order, scope, operand(i, 0), operand(i, 1),
                                       pointer_of(i), offset, mask);
    const auto kind =
        atomic_kind(static_cast<program::AtomicKind>(i.attributes[1]), result_type(i).dtype);
    return tile::AtomicOp::create(builder_, loc, kind, order, scope, operand(i, 0), pointer_of(i),
                                  offset, mask);
  }

  /// An extent of a tensor: a constant, the value that a requirement states, or a parameter.
  Value extent(Location loc, std::uint32_t parameter, std::uint32_t dimension) {
    const std::int64_t known = tensor(parameter).extents.at(dimension);
    if (known != Parameter::dynamic) return constant(loc, DType::i32, known);
    const auto it = required_.find({first_.at(parameter), static_cast<std::int32_t>(dimension)});
    if (it != required_.end())
      if (Value value = values_.at(it->second)) return value;
    return argument(Source::extent, parameter, dimension);
  }

  Value view(const Instruction& i, Location loc) {
    const auto index = static_cast<std::uint32_t>(i.attributes[0]);
    const Parameter& p = tensor(index);
    llvm::SmallVector<int64_t> extents, strides;
    llvm::SmallVector<Value> open_extents, open_strides;
    Value pointer = argument(Source::pointer, index);
    std::int64_t alignment = p.alignment;
    std::size_t next = 0;  // of the operands: start and length of each narrowed dimension
    for (std::uint32_t d = 0; d < p.extents.size(); ++d) {
      const bool narrowed = i.attributes.size() > 3 && (i.attributes[3] >> d & 1) != 0;
      if (narrowed) {
        pointer = advance(pointer, index, d, operand(i, next), loc);
        alignment = std::min(alignment, step_alignment(p, d, operand(i, next)));
        next += 2;
      }
      const Value value = narrowed ? operand(i, next - 1) : extent(loc, index, d);
      APInt known;  // a requirement may state more than the parameter
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
    const auto type = tile::ViewType::get(
        builder_.getContext(), shape, element_type(p.dtype), extents, strides, divisors, alignment,
        /*inBounds=*/i.attributes[2] != 0, pad_bits(p.dtype, i.attributes[1]));
    return tile::ViewOp::create(builder_, loc, type, pointer, open_extents, open_strides,
                                builder_.getStringAttr(p.name));
  }

  /// The bits of the pad value; for an eight-bit float its code, as an i8.
  static std::int64_t pad_bits(DType dtype, std::int64_t bits) {
    if (!is_float(dtype) || dtype_bits(dtype) != 8) return bits;
    const auto code = static_cast<std::int8_t>(f8_code(dtype, std::bit_cast<double>(bits)));
    return std::bit_cast<std::int64_t>(static_cast<double>(code));
  }

  /// The pointer `start` elements further along a dimension.
  Value advance(Value pointer, std::uint32_t parameter, std::uint32_t d, Value start,
                Location loc) {
    const Parameter& p = tensor(parameter);
    const Value stride = p.strides[d] == Parameter::dynamic
                             ? argument(Source::stride, parameter, d)
                             : constant(loc, DType::i64, p.strides[d]);
    const Value wide = arith::ExtSIOp::create(builder_, loc, builder_.getI64Type(), start);
    const Value offset = arith::MulIOp::create(builder_, loc, wide, stride);
    return LLVM::GEPOp::create(builder_, loc, pointer.getType(),
                               builder_.getIntegerType(8 * dtype_bytes(p.dtype)), pointer,
                               llvm::ArrayRef<LLVM::GEPArg>{offset});
  }

  /// A power of two, in bytes, that is known to divide `steps` steps along a dimension.
  static std::int64_t step_alignment(const Parameter& p, std::uint32_t d, Value steps) {
    const std::int64_t stride =
        p.strides[d] == Parameter::dynamic ? p.stride_divisors[d] : p.strides[d];
    APInt known(32, 1);
    matchPattern(steps, m_ConstantInt(&known));
    if (stride == 0 || known.isZero()) return p.alignment;
    return (stride & -stride) * dtype_bytes(p.dtype) << known.countr_zero();
  }

  Value pointer_of(const Instruction& i) {
    return argument(Source::pointer, static_cast<std::uint32_t>(i.attributes[0]));
  }

  /// The element offsets, i64, of `rank` index tiles into parameter attributes[0]. For a tensor of
  /// rank 0, which has no index tiles, they are 0, in the shape of the mask.
  Value offsets(const Instruction& i, std::size_t first, std::size_t rank, Location loc) {
    const auto parameter = static_cast<std::uint32_t>(i.attributes[0]);
    const Parameter& p = tensor(parameter);
    program::Type type = program_.types.at(i.operands.at(first));
    type.dtype = DType::i64;
    const mlir::Type wide = tile_type(type);
    Value sum;
    for (std::uint32_t d = 0; d < rank; ++d) {
      Value index = operand(i, first + d);
      if (index.getType() != wide) index = arith::ExtSIOp::create(builder_, loc, wide, index);
      const Value stride = p.strides[d] == Parameter::dynamic
                               ? argument(Source::stride, parameter, d)
                               : constant(loc, DType::i64, p.strides[d]);
      const Value strides = tile::SplatOp::create(builder_, loc, wide, stride);
      const Value part = arith::MulIOp::create(builder_, loc, index, strides);
      sum = sum ? Value(arith::AddIOp::create(builder_, loc, sum, part)) : part;
    }
    return sum ? sum : constant_like(type, loc, 0);
  }

  /// Imports a region's instructions into a block of its own, which ends with a yield.
  void import_branch(const Region& region, mlir::Region& target, Location loc) {
    OpBuilder::InsertionGuard guard(builder_);
    builder_.createBlock(&target);
    import_region(region);
    scf::YieldOp::create(builder_, loc, operands_from(region.body.back(), 0));
  }

  void import_if(const Instruction& i, Location loc) {
    llvm::SmallVector<mlir::Type> types;
    for (ValueId result : i.results) types.push_back(tile_type(program_.types.at(result)));
    auto branch = scf::IfOp::create(builder_, loc, types, operand(i, 0));
    import_branch(i.regions.at(0), branch.getThenRegion(), loc);
    import_branch(i.regions.at(1), branch.getElseRegion(), loc);
    for (auto [id, value] : llvm::zip(i.results, branch.getResults())) values_.at(id) = value;
  }

  void import_while(const Instruction& i, Location loc) {
    llvm::SmallVector<mlir::Type> types;
    for (ValueId result : i.results) types.push_back(tile_type(program_.types.at(result)));
    auto loop = scf::WhileOp::create(builder_, loc, types, operands_from(i, 0));
    const auto import_part = [&](const Region& region, mlir::Region& target, auto&& terminate) {
      OpBuilder::InsertionGuard guard(builder_);
      builder_.createBlock(&target, {}, types, llvm::SmallVector<Location>(types.size(), loc));
      for (auto [id, value] : llvm::zip(region.arguments, target.getArguments()))
        values_.at(id) = value;
      import_region(region);
      terminate(region.body.back());
    };
    import_part(i.regions.at(0), loop.getBefore(), [&](const Instruction& yield) {
      scf::ConditionOp::create(builder_, loc, operand(yield, 0), loop.getBeforeArguments());
    });
    import_part(i.regions.at(1), loop.getAfter(), [&](const Instruction& yield) {
      scf::YieldOp::create(builder_, loc, operands_from(yield, 0));
    });
    for (auto [id, value] : llvm::zip(i.results, loop.getResults())) values_.at(id) = value;
  }

  void import_combination(const Instruction& i, Location loc) {
    const llvm::SmallVector<Value> tiles = operands_from(i, 0);
    llvm::SmallVector<mlir::Type> types;
    for (ValueId result : i.results) types.push_back(tile_type(program_.types.at(result)));
    const auto axis = static_cast<std::uint32_t>(i.attributes.at(0));
    Operation* op = nullptr;
    if (i.op == Op::reduce_with)
      op = tile::ReduceWithOp::create(builder_, loc, types, tiles, axis);
    else
      op = tile::ScanWithOp::create(builder_, loc, types, tiles, axis, i.attributes.at(1) != 0);
    const Region& region = i.regions.at(0);
    {
      OpBuilder::InsertionGuard guard(builder_);
      llvm::SmallVector<mlir::Type> scalars;
      for (ValueId argument : region.arguments)
        scalars.push_back(tile_type(program_.types.at(argument)));
      Block* block = builder_.createBlock(&op->getRegion(0), {}, scalars,
                                          llvm::SmallVector<Location>(scalars.size(), loc));
      for (auto [id, value] : llvm::zip(region.arguments, block->getArguments()))
        values_.at(id) = value;
      import_region(region);
      tile::YieldOp::create(builder_, loc, operands_from(region.body.back(), 0));
    }
    for (auto [id, value] : llvm::zip(i.results, op->getResults())) values_.at(id) = value;
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

  llvm::DenseMap<ValueId, const Instruction*> definitions_;  ///< of the body's own instructions
  llvm::DenseMap<std::uint64_t, Value> arguments_;
  std::vector<Parameter> tensors_;    ///< by parameter
  std::vector<std::uint32_t> first_;  ///< by parameter: the first parameter that is the same tensor
  llvm::DenseMap<std::pair<std::uint32_t, std::int32_t>, ValueId> required_;
};

}  // namespace

OwningOpRef<ModuleOp> import_program(MLIRContext& context, const Program& program) {
  return Importer(context, program).run();
}

}  // namespace tegula::compiler
