// A description of a random kernel: tensors, and statements on values in static single assignment
// form. It is made from a seed (generator.h), computed on the host element by element (evaluate.h),
// traced by the language (emit.h), printed (to_text), and made smaller where it fails (shrink.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tegula/dtype.h"

namespace tegula::random_programs {

using Shape = std::vector<std::int64_t>;
std::int64_t size_of(const Shape& shape);

/// The index of a value, into Program::types.
using Value = std::size_t;

/// A tile, or a mask where the dtype is i1.
struct Type {
  DType dtype = DType::i32;
  Shape shape;
  friend bool operator==(const Type&, const Type&) = default;
};

/// What a statement does with its operands `in` and its `numbers`; {} marks what is optional.
enum class Kind : std::uint8_t {
  // Sources.
  constant,  ///< [bits: an integer, or those of a double]
  argument,  ///< a scalar parameter: [0: integer, 1: real]
  block,     ///< this block's coordinate
  extent,    ///< [tensor, dimension]
  iota,
  load,    ///< coordinates, {start for each narrowed dimension}; [tensor, promised in bounds, pad
           ///< bits, then for each dimension: length if it is narrowed, else -1]
  gather,  ///< indices, {mask, {other}}; [tensor]
  // Element by element; operands broadcast.
  add,
  sub,
  mul,
  div,
  rem,
  cdiv,
  min,
  max,
  bit_and,  ///< of masks, too, as the next two
  bit_or,
  bit_xor,
  shl,
  shr,
  umulhi,
  neg,
  abs,
  fma,
  rounded,
  sqrt,
  floor,
  ceil,
  logic_not,  ///< of a mask
  compare,    ///< [which: == != < <= > >=]
  select,     ///< mask, a, b
  cast,       ///< also of a mask, and to a mask, by != 0
  // Shapes: the result's type says which.
  reshape,
  expand,
  transpose,  ///< [permutation]
  join,
  split,  ///< two results
  cat,    ///< [axis]
  // Along an axis.
  sum,         ///< [axis], as the next four
  reduce_max,  ///< and of masks any
  reduce_min,  ///< and of masks all
  argmax,      ///< two results: value, index
  argmin,
  cumsum,          ///< [axis, reverse]
  reduce_product,  ///< [axis], with a function, as the next
  reduce_pair,     ///< of two tiles their sum and their exclusive or: two results
  scan_last,       ///< [axis, reverse]: the last element that is not 0
  scan_affine,     ///< of a, b: x -> a x + b, composed; two results; [axis, reverse]
  // Effects.
  store,    ///< tile, coordinates; [tensor]
  scatter,  ///< tile, indices, {mask}; [tensor]
  atomic,   ///< tile, indices, {mask}; [tensor, AtomicKind]; the value before, if it is used
  // Control; what is carried or merged are the results.
  for_loop,    ///< lower, upper, carried...; a block (index, carried...)
  while_loop,  ///< carried...; blocks (carried...): a mask, the next
  if_then,     ///< mask; two blocks
  count
};
enum class AtomicKind : std::uint8_t { add, min, max, bit_and, bit_or, bit_xor };

struct Statement;
struct Block {
  std::vector<Value> arguments;
  std::vector<Statement> body;
  std::vector<Value> yields;
};

struct Statement {
  Kind kind = Kind::constant;
  std::vector<Value> in;
  std::vector<Value> out;
  std::vector<std::int64_t> numbers;
  std::vector<Block> blocks;
};

/// A tensor argument. Its elements follow from `seed`; they lie at `offset` plus the strides'
/// product with the index in `elements` elements of memory.
struct TensorArgument {
  enum class Role : std::uint8_t { in, in_out, out };
  Role role = Role::in;
  DType dtype = DType::i32;
  Shape extents, strides;
  std::int64_t offset = 0, elements = 0;
  std::uint64_t seed = 0;
};
/// How many tensors of each role a kernel takes, at most, in this order.
inline constexpr std::size_t most_in = 4, most_in_out = 3, most_out = 6;

struct Program {
  std::uint64_t seed = 0;
  int warps = 4;
  std::int64_t blocks = 1;
  std::int32_t integer = 0;  ///< the scalar arguments
  float real = 0;
  std::vector<TensorArgument> tensors;
  std::vector<Type> types;  ///< by value
  Block body;
};

/// Readable, like the code that it stands for.
std::string to_text(const Program& program);

/// What a tensor holds before the launch: an element's bits, integers as they are (i1: 0 or 1),
/// floats as those of the double.
std::vector<std::int64_t> initial_elements(const TensorArgument& tensor);

}  // namespace tegula::random_programs
