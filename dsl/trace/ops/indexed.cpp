// Gather, scatter and atomics: accesses by tiles of indices.
#include <fmt/format.h>

#include "dsl/program/op_table.h"
#include "dsl/trace/core/access.h"
#include "dsl/trace/core/errors.h"
#include "dsl/trace/ops/operand.h"
#include "tegula/dsl/parameter.h"

namespace tegula {
namespace {

using detail::Shape;
using detail::Tracer;
using detail::ValueId;
using program::AtomicKind;
using program::Op;
using program::Parameter;

using Indices = std::initializer_list<Operand>;

/// One access to a tensor: its values, indices and mask, brought to one shape.
class ElementAccess {
 public:
  ElementAccess(std::string_view name, std::uint32_t parameter, const std::source_location& at)
      : name_(name), tracer_(Tracer::here(at)), at_(at), index_(parameter) {
    detail::tensor(tracer_, parameter, at);
  }

  Tracer& tracer() const { return tracer_; }
  const Parameter& parameter() const { return tracer_.parameter(index_); }

  void need_dtype(unsigned accepted) const {
    const DType dtype = parameter().dtype;
    if (program::contains(accepted, dtype)) return;
    detail::fail(at_, {.argument = parameter().name,
                       .problem = fmt::format("{} does not take this dtype", name_),
                       .got = std::string(dtype_name(dtype)),
                       .wanted = program::describe_dtypes(accepted)});
  }

  void add_value(const Operand& operand) {
    const ValueId value = detail::value_of(tracer_, operand, parameter().dtype);
    const program::Type& type = tracer_.type(value);
    if (type.dtype != parameter().dtype)
      detail::fail(operand.at(),
                   {.argument = parameter().name,
                    .problem = "the tile is not of the tensor's dtype",
                    .got = to_string(type),
                    .wanted = std::string(dtype_name(parameter().dtype)),
                    .hint = fmt::format("convert it with .to({}.dtype())", parameter().name)});
    add(value);
  }

  void add_indices(Indices indices) {
    const std::size_t rank = parameter().extents.size();
    if (indices.size() != rank)
      detail::fail(at_, {.argument = parameter().name,
                         .problem = fmt::format("{} wants one index for each dimension", name_),
                         .got = std::to_string(indices.size()),
                         .wanted = std::to_string(rank)});
    for (const Operand& index : indices) {
      const ValueId value = detail::value_of(tracer_, index, DType::i32);
      const program::Type& type = tracer_.type(value);
      if (type.dtype != DType::i32 && type.dtype != DType::i64)
        detail::fail(index.at(), {.argument = parameter().name,
                                  .problem = "an index is no i32 or i64",
                                  .got = to_string(type),
                                  .wanted = "i32 or i64",
                                  .hint = "convert it with .to(i64)"});
      add(value);
    }
  }

  void add_mask(const MaskOperand& mask) {
    add(tracer_.use(mask.value(), mask.tracer(), mask.at()));
  }
  void add_true() { add(tracer_.constant(DType::i1, 1, at_)); }

  /// The operands, all of one shape of rank 1 or more.
  std::vector<ValueId> operands() {
    // A single element is a tile of one, which the caller squeezes.
    if (shape_.empty()) shape_ = {1};
    for (ValueId& operand : operands_)
      operand = detail::broadcast_to(tracer_, operand, shape_, at_);
    return operands_;
  }
  /// The result of `op`; a scalar if all operands were.
  Tile result(Op op, std::vector<std::int64_t> attributes) {
    const bool scalar = shape_.empty();
    std::vector<ValueId> all = operands();
    const Tile tile(tracer_,
                    tracer_.emit(op, std::move(all), {.dtype = parameter().dtype, .shape = shape_},
                                 at_, std::move(attributes)));
    return scalar ? tile.squeeze(at_) : tile;
  }

 private:
  void add(ValueId value) {
    shape_ = detail::broadcast_shape(name_, shape_, tracer_.type(value).shape, at_);
    operands_.push_back(value);
  }

  std::string_view name_;
  Tracer& tracer_;
  std::source_location at_;
  std::uint32_t index_;
  Shape shape_;
  std::vector<ValueId> operands_;
};

Tile gather_from(std::uint32_t parameter, Indices indices, const MaskOperand* mask,
                 const Operand& other, const std::source_location& at) {
  ElementAccess access("gather", parameter, at);
  detail::need_readable(access.tracer(), access.parameter(), "gather reads an Out tensor", at);
  access.add_indices(indices);
  mask != nullptr ? access.add_mask(*mask) : access.add_true();
  access.add_value(other);
  return access.result(Op::gather, {parameter});
}

void scatter_to(std::uint32_t parameter, const Operand& value, Indices indices,
                const MaskOperand* mask, const std::source_location& at) {
  ElementAccess access("scatter", parameter, at);
  detail::need_writable(access.tracer(), access.parameter(), "scatter writes an In tensor", at);
  access.add_value(value);
  access.add_indices(indices);
  mask != nullptr ? access.add_mask(*mask) : access.add_true();
  access.tracer().emit_all(Op::scatter, access.operands(), {}, at, {parameter});
}

/// `values`: value, or compare and value.
Tile atomic(std::string_view name, Op op, std::vector<std::int64_t> attributes, unsigned dtypes,
            std::initializer_list<const Operand*> values, Indices indices,
            const AtomicOptions& options, const std::source_location& at) {
  ElementAccess access(name, static_cast<std::uint32_t>(attributes[0]), at);
  if (access.parameter().access != Parameter::Access::in_out)
    detail::fail(at, {.argument = access.parameter().name,
                      .problem = fmt::format("{} reads and writes", name),
                      .hint = "declare the parameter as InOut"});
  access.need_dtype(dtypes);
  for (const Operand* value : values) access.add_value(*value);
  access.add_indices(indices);
  options.mask ? access.add_mask(MaskOperand(*options.mask, at)) : access.add_true();
  attributes.push_back(static_cast<std::int64_t>(options.order));
  attributes.push_back(static_cast<std::int64_t>(options.scope));
  return access.result(op, std::move(attributes));
}

Tile atomic(std::string_view name, AtomicKind kind, std::uint32_t parameter, const Operand& value,
            Indices indices, const AtomicOptions& options, const std::source_location& at) {
  return atomic(name, Op::atomic, {parameter, static_cast<std::int64_t>(kind)},
                program::atomic_dtypes(kind), {&value}, indices, options, at);
}

}  // namespace

Tile TensorParameter::gather(Indices indices, Location at) const {
  return gather_from(index(), indices, nullptr, Operand(0, at), at);
}
Tile TensorParameter::gather(Indices indices, MaskOperand mask, Location at) const {
  return gather_from(index(), indices, &mask, Operand(0, at), at);
}
Tile TensorParameter::gather(Indices indices, MaskOperand mask, Operand other, Location at) const {
  return gather_from(index(), indices, &mask, other, at);
}

void TensorParameter::scatter(Operand value, Indices indices, Location at) const {
  scatter_to(index(), value, indices, nullptr, at);
}
void TensorParameter::scatter(Operand value, Indices indices, MaskOperand mask, Location at) const {
  scatter_to(index(), value, indices, &mask, at);
}

OldValue TensorParameter::atomic_add(Operand value, Indices indices, const AtomicOptions& options,
                                     Location at) const {
  return atomic("atomic_add", AtomicKind::add, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_min(Operand value, Indices indices, const AtomicOptions& options,
                                     Location at) const {
  return atomic("atomic_min", AtomicKind::min, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_max(Operand value, Indices indices, const AtomicOptions& options,
                                     Location at) const {
  return atomic("atomic_max", AtomicKind::max, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_and(Operand value, Indices indices, const AtomicOptions& options,
                                     Location at) const {
  return atomic("atomic_and", AtomicKind::bit_and, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_or(Operand value, Indices indices, const AtomicOptions& options,
                                    Location at) const {
  return atomic("atomic_or", AtomicKind::bit_or, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_xor(Operand value, Indices indices, const AtomicOptions& options,
                                     Location at) const {
  return atomic("atomic_xor", AtomicKind::bit_xor, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_exchange(Operand value, Indices indices,
                                          const AtomicOptions& options, Location at) const {
  return atomic("atomic_exchange", AtomicKind::exchange, index(), value, indices, options, at);
}
OldValue TensorParameter::atomic_compare_exchange(Operand expected, Operand value, Indices indices,
                                                  const AtomicOptions& options, Location at) const {
  return atomic("atomic_compare_exchange", Op::atomic_cas, {index()},
                program::rule(Op::atomic_cas).dtypes, {&expected, &value}, indices, options, at);
}

}  // namespace tegula
