// What each op takes and gives, in one table. verify checks against it, the tracer looks up which
// dtypes an operator accepts, and to_text takes the names from it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
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

/// What an attribute is, which says what it may be and how it is printed.
enum class Attribute : std::uint8_t {
  value,        ///< the integer, or the bits of the double, of the result's dtype
  number,       ///< printed as it is
  parameter,    ///< of the Program
  dimension,    ///< of that parameter
  axis,         ///< of the operands
  reverse,      ///< 1: from the end
  padding,      ///< the bits of a double
  in_bounds,    ///< 1: no element is outside
  narrowed,     ///< a bit for each dimension
  permutation,  ///< any number of them
  comparison,   ///< a Comparison
  reduce_kind,  ///< a ReduceKind
  atomic_kind,  ///< an AtomicKind
  order,        ///< a MemoryOrder
  scope,        ///< a MemoryScope
  message,      ///< an index into Program::strings
};

/// The attributes of an op, in order.
class Attributes {
 public:
  static constexpr std::size_t most = 4;
  constexpr Attributes() = default;
  constexpr Attributes(std::initializer_list<Attribute> given) : count_(given.size()) {
    std::copy(given.begin(), given.end(), kinds_.begin());
  }
  constexpr const Attribute* begin() const { return kinds_.data(); }
  constexpr const Attribute* end() const { return kinds_.data() + count_; }
  constexpr std::size_t size() const { return count_; }

 private:
  std::array<Attribute, most> kinds_{};
  std::size_t count_ = 0;
};

/// What there is to know of an op, except for the rules of its types (verify_types.cpp).
struct OpRule {
  static constexpr int any = -1;
  Op op = Op::yield;
  std::string_view name;
  int operands = 0;  ///< how many, or any
  int results = 1;   ///< how many, or any
  Attributes attributes;
  int regions = 0;
  /// The operands and the result are tiles of one type whose dtype is in `dtypes`.
  bool elementwise = false;
  unsigned dtypes = no_dtypes;  ///< of elementwise ops and of those whose checks ask for it
  /// It does more than give results, so that it is kept even if nobody uses them.
  bool has_effect = false;
  /// It may be in the region of reduce_with and scan_with, as what is elementwise may.
  bool combines = false;
  /// It may be in a formula that the host evaluates at launch: grid extents and requirements.
  bool on_host = false;

  /// How many attributes, or any.
  int attribute_count() const {
    const bool is_permutation =
        attributes.size() > 0 && *attributes.begin() == Attribute::permutation;
    return is_permutation ? any : static_cast<int>(attributes.size());
  }
  bool may_combine() const { return elementwise || combines; }
};
const OpRule& rule(Op op);
/// The op of that name; throws InternalError if there is none.
Op op_of(std::string_view name);

/// The dtypes that a reduction, and an atomic, of that kind take.
unsigned reduce_dtypes(ReduceKind kind);
unsigned atomic_dtypes(AtomicKind kind);

}  // namespace tegula::program
