// What each op takes and gives, in one table. verify checks against it, the tracer looks up which
// dtypes an operator accepts, and to_text takes the names from it.
#pragma once

#include <string_view>

#include "dsl/program/program.h"

namespace tegula::program {

/// Sets of dtypes, as bits.
enum DTypeSet : unsigned {
  no_dtypes = 0,
  floats = 1,          // f16, bf16, f32, f64; the eight-bit floats only load, store and cast
  signed_ints = 2,     // i8 .. i64
  unsigned_ints = 4,   // u8 .. u64
  bools = 8,           // i1
  wide_signed = 16,    // i32, i64
  wide_unsigned = 32,  // u32, u64
  wide_floats = 64,    // f32, f64
  wide_ints = wide_signed | wide_unsigned,
  ints = signed_ints | unsigned_ints,
  numbers = floats | ints,
};
bool contains(unsigned set, DType dtype);
/// "floats and signed integers"
std::string describe_dtypes(unsigned set);

struct OpRule {
  static constexpr int any = -1;
  std::string_view name;
  int operands;    ///< how many, or any
  int results;     ///< how many, or any
  int attributes;  ///< how many
  int regions;
  /// The operands and the result are tiles of one type whose dtype is in `dtypes`.
  bool elementwise;
  unsigned dtypes;  ///< of elementwise ops, compare and reduce
};
const OpRule& rule(Op op);

/// The dtypes that a reduction, and an atomic, of that kind take.
unsigned reduce_dtypes(ReduceKind kind);
unsigned atomic_dtypes(AtomicKind kind);

/// Whether the op does more than give results, so that it is kept even if nobody uses them.
bool has_effect(Op op);
/// Whether the op may be in the region of reduce_with and scan_with.
bool may_combine(Op op);
/// Whether the op may be in a formula that the host evaluates at launch: grid extents and
/// requirements.
bool is_host_computable(Op op);

}  // namespace tegula::program
