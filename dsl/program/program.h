// A Program is the result of tracing a kernel: plain data, no MLIR, no pointers into the tracer.
// Everything downstream depends on it alone: keys are its hash, compile jobs are its bytes, and a
// reproducer is a file that holds one.
//
// It is in SSA form. Values are numbered; every value has a Type; instructions are in regions, and
// a region's last instruction is a `yield`. Elementwise instructions take operands of one type: the
// tracer makes every broadcast and cast explicit.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/format/bytes.h"
#include "tegula/access.h"
#include "tegula/dtype.h"

namespace tegula::program {

using ValueId = std::uint32_t;
inline constexpr std::uint32_t format_version = 5;

/// A tile (rank 0: a scalar) or a view. Extents of tiles are powers of two.
struct Type {
  enum class Kind : std::uint8_t { tile, view };
  Kind kind = Kind::tile;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  friend bool operator==(const Type&, const Type&) = default;
};
/// "f32", "tile<1x1024xf32>", "view<1x1024xbf16>".
std::string to_string(const Type& type);

/// What an instruction does. Attributes are integers, by position; a float is its double's bits.
/// The numeric values are serialised: append, never renumber.
enum class Op : std::uint16_t {
  constant = 0,    // () -> scalar; [bits: the integer, or the bits of the double]
  dim = 1,         // () -> i32; [parameter, dimension]: a tensor's extent
  scalar = 2,      // () -> scalar; [parameter]: a scalar parameter's value
  program_id = 3,  // () -> i32; [axis 0..2]
  iota = 4,        // () -> tile<n x i32>: 0, 1, ..., n-1
  view = 5,        // (start i32, length i32 for each narrowed dimension...) -> view; [parameter,
                   // pad bits of a double, 1 if promised in bounds, bit mask of the narrowed
                   // dimensions]. A narrowed dimension has elements start to start + length - 1.
  load = 6,        // (view, i32 tile coordinate...) -> tile of the view's shape
  store = 7,       // (tile, view, i32 tile coordinate...) -> ()
  splat = 8,       // (scalar) -> tile
  broadcast = 9,   // (tile) -> tile of the same rank; extents of 1 grow
  reshape = 10,    // (tile) -> tile of as many elements, row-major order
  cast = 11,       // (tile) -> tile of another dtype; float to integer rounds toward zero
  reduce = 12,     // (tile) -> tile with extent 1 at the axis; [ReduceKind, axis]
  add = 13,        // elementwise, one type
  sub = 14,
  mul = 15,
  div = 16,      // floats: correctly rounded; integers: truncating
  rem = 17,      // integers: sign of the dividend
  minimum = 18,  // floats: NaN if either is
  maximum = 19,
  cdiv = 20,      // integers: ceil(a / b), b > 0
  bit_and = 21,   // integers and i1
  bit_or = 22,    // integers and i1
  bit_xor = 23,   // integers and i1
  neg = 24,       // floats and signed integers
  abs = 25,       // floats and signed integers
  sqrt = 26,      // floats, correctly rounded
  rsqrt = 27,     // floats; see docs/language.md for the bound
  fma = 28,       // floats (a, b, c) -> a * b + c, rounded once
  compare = 29,   // (a, b) -> i1 tile; [Comparison]; floats: ordered, but ne is unordered
  select = 30,    // (i1 tile, a, b) -> tile, all of one shape
  for_loop = 31,  // (lower i32, upper i32, inits...) -> (finals...); one region
                  // (induction i32, carried...) that yields the carried; step 1
  yield = 32,     // (values...) -> (); ends a region
  // Math, elementwise on floats. Bounds: docs/language.md.
  exp = 33,
  exp2 = 34,
  log = 35,
  log2 = 36,
  sin = 37,
  cos = 38,
  tanh = 39,
  erf = 40,
  floor = 41,
  ceil = 42,
  umulhi = 43,       // u32 and u64: the high half of the product
  shl = 44,          // integers; a shift by the width or more gives 0
  shr = 45,          // integers; arithmetic for signed types
  transpose = 46,    // (tile) -> tile; [permutation...]: axis i of the result was permutation[i]
  join = 47,         // (a, b) -> tile with a new last axis of extent 2
  split = 48,        // (tile with a last extent of 2) -> (first, second), without that axis
  reduce_with = 49,  // (tiles of one shape...) -> (tiles with extent 1 at the axis...); [axis]; one
                     // region (left..., right...) of scalars that yields the combined ones. The
                     // combination must be associative and commutative.
  scan_with = 50,    // (tiles of one shape...) -> (tiles of that shape...); [axis, 1 if from the
                     // end]; a region as reduce_with's, associative: inclusive prefixes
  // Of gather to atomic_cas all tiles have one shape, of rank 1 or more; one element is a tile of
  // one. The dtypes that atomics take: atomic_dtypes in op_table.h.
  gather = 51,        // (index tile i32 or i64 for each dimension..., i1 mask, other) -> tile;
                      // [parameter]: elements where the mask is true, `other` elsewhere
  scatter = 52,       // (value, index tile for each dimension..., i1 mask) -> (); [parameter]
  atomic = 53,        // (value, index tile for each dimension..., i1 mask) -> old values;
                      // [parameter, AtomicKind, MemoryOrder, MemoryScope]; where the mask is false
                      // the old value is 0
  atomic_cas = 54,    // (compare, value, index tiles..., i1 mask) -> old values; [parameter,
                      // MemoryOrder, MemoryScope]
  if_then = 55,       // (i1 scalar) -> (values...); two regions without arguments that yield them
  while_loop = 56,    // (inits...) -> (finals...); two regions (carried...): one yields an i1
                      // scalar, whether to go on; the other yields the next carried
  num_programs = 57,  // () -> i32; [axis 0..2]: the grid's extent
  print = 58,         // (values...) -> (); [index into Program::strings]: one {} for each value;
                      // {{ and }} are braces
  assert_that = 59,   // (i1 tile) -> (); [index into Program::strings]
  multiprocessors = 60,  // () -> i32: of the device
  cluster_reduce = 61,   // (tile) -> tile of its type; [ReduceKind]: element by element over the
                         // blocks of the cluster, all of which reach it
  rounded = 62,  // elementwise on floats: the operand; if it is a product it is rounded before it
                 // is added to anything; see docs/language.md on fused multiply-adds
};
inline constexpr int op_count = 63;
std::string_view op_name(Op op);

/// min and max of floats: NaN if any is. bit_*: integers and i1.
enum class ReduceKind : std::uint8_t {
  sum = 0,
  min = 1,
  max = 2,
  bit_and = 3,
  bit_or = 4,
  bit_xor = 5,
};
inline constexpr int reduce_kind_count = 6;

enum class AtomicKind : std::uint8_t {
  add = 0,
  min = 1,
  max = 2,
  bit_and = 3,
  bit_or = 4,
  bit_xor = 5,
  exchange = 6,
};
inline constexpr int atomic_kind_count = 7;
using tegula::MemoryOrder;
using tegula::MemoryScope;

enum class Comparison : std::uint8_t { eq = 0, ne = 1, lt = 2, le = 3, gt = 4, ge = 5 };
inline constexpr int comparison_count = 6;

/// An index into Program::locations.
using LocationId = std::uint32_t;
inline constexpr LocationId no_location = 0xffffffff;

struct Region;

struct Instruction {
  Op op = Op::yield;
  std::vector<ValueId> operands;
  std::vector<ValueId> results;
  std::vector<std::int64_t> attributes;
  std::vector<Region> regions;
  LocationId location = no_location;
};

struct Region {
  std::vector<ValueId> arguments;
  std::vector<Instruction> body;
};

/// One parameter of the kernel, specialised for a class of arguments.
struct Parameter {
  /// A workspace is a tensor that the launch allocates, read and written; see Program::workspaces.
  enum class Kind : std::uint8_t { tensor, absent_tensor, scalar, workspace };
  using Access = tegula::Access;
  static constexpr std::int64_t dynamic = -1;

  Kind kind = Kind::tensor;
  Access access = Access::in;
  std::string name;
  DType dtype = DType::f32;
  bool is_tensor() const { return kind == Kind::tensor || kind == Kind::workspace; }
  // The rest is for tensors.
  std::vector<std::int64_t> extents;  ///< elements, or dynamic
  std::vector<std::int64_t> strides;  ///< elements, or dynamic
  /// A power of two that divides each stride, in elements; 0 stands for any (a stride of 0).
  std::vector<std::int64_t> stride_divisors;
  std::int64_t alignment = 1;  ///< of the pointer, bytes, a power of two
};

/// `require(w, {n})`: tensor parameter `parameter` has extent `extent` in dimension `dimension`.
/// Dimension -1 stands for the rank; `extent` is then a constant.
struct Requirement {
  std::uint32_t parameter = 0;
  std::int32_t dimension = 0;
  ValueId extent = 0;
  LocationId location = no_location;
};

/// The extents of a row-major tensor that the launch allocates and does not initialise: i32 scalars
/// that depend only on dims and constants.
struct Workspace {
  std::uint32_t parameter = 0;
  std::vector<ValueId> extents;
};

/// A tensor that may share bytes with an earlier one, the first of all that do. Other tensors of
/// the caller share none, unless both are only read.
struct Overlap {
  std::uint32_t parameter = 0, with = 0;
  bool same = false;  ///< it is that tensor: address, dtype, extents and strides
  friend bool operator==(const Overlap&, const Overlap&) = default;
};

struct ConfigField {
  std::string name;
  std::int64_t value = 0;
};

struct Location {
  std::uint32_t file = 0;  ///< index into Program::files
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const Location&, const Location&) = default;
};

struct Program {
  std::string name;  ///< the kernel's, a C identifier
  std::vector<ConfigField> config;
  std::uint32_t warps = 4;
  std::vector<Parameter> parameters;  ///< workspaces last
  std::vector<Type> types;            ///< by ValueId
  Region body;
  std::vector<ValueId> grid;  ///< 1 to 3 i32 scalars that depend only on dims and constants
  /// A power of two. If more than 1, the grid's last extent is this constant, and the blocks along
  /// it are a cluster, which run at the same time.
  std::uint32_t cluster = 1;
  std::vector<Requirement> requirements;
  std::vector<Workspace> workspaces;  ///< one for each workspace parameter, in their order
  std::vector<std::string> strings;   ///< messages of print and assert_that
  std::vector<Overlap> overlaps;      ///< by parameter
  // Outside the hash:
  std::vector<std::string> files;
  std::vector<Location> locations;
};

/// Canonical bytes; read back by deserialise. Locations come last and are not in content_hash.
format::Bytes serialise(const Program& program);
/// Throws Error{corrupt_data} for bytes that are damaged, of another version, or not a valid
/// Program.
Program deserialise(std::span<const std::byte> bytes);
/// The identity of what the Program computes: everything but source files and lines.
format::Hash128 content_hash(const Program& program);

/// Checks every rule that this header states. Throws Error{corrupt_data} that names the
/// instruction's number and what is wrong with it.
void verify(const Program& program);

/// Readable text, for `tegula emit --stage program` and for tests.
std::string to_text(const Program& program);

/// The locations of instructions, by instruction number: pre-order over the body (an instruction
/// comes before those of its regions). Images and reports name instructions by these numbers.
std::vector<Location> instruction_locations(const Program& program);
/// "file:line:column" of an instruction, or "" if it has no location.
std::string describe_location(const Program& program, const Location& location);

}  // namespace tegula::program
