// What an opcode is: its name, the class it is counted in, and the kinds of its operands.
// Validation, text and the interpreter's decoder all derive from this table.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/format/image.h"

namespace tegula::format {

/// A set of scalar types: bit i stands for Scalar(i).
using ScalarSet = std::uint16_t;
constexpr ScalarSet set_of(Scalar s) { return static_cast<ScalarSet>(1u << static_cast<int>(s)); }
constexpr bool contains(ScalarSet set, Scalar s) { return (set & set_of(s)) != 0; }

/// What an operand or a result must be. The subject is the register whose kind in an opcode's row
/// is `subject`: the result if that is one, else the first such operand.
enum class Kind : std::uint8_t {
  none,             ///< no register
  subject,          ///< of the row's types; all subjects of an instruction have one type
  subject_or_none,  ///< the subject's type, or no register
  element,          ///< one element of the subject's scalar
  vector,           ///< any number of elements of the subject's scalar; all of one type
  truths,           ///< i1, as many elements as the subject
  condition,        ///< i1, as many elements as the subject or one
  predicate,        ///< i1, one element
  predicate_or_none,
  any_or_none,  ///< any register
  source,       ///< of the row's source types, as many elements as the subject
  bits,         ///< the subject's size in all; i1 if and only if the subject is i1
  address,      ///< one element: i64 for global memory, i32 for shared memory (modifier's bit 0)
  global_address,
  shared_address,
  index,  ///< i32 or i64, as many elements as the subject
  word,   ///< i32, one element
  word_or_none,
};

/// What the immediate must be.
enum class Immediate : std::uint8_t {
  zero,
  element,    ///< an element of the vector: below its number of elements
  table,      ///< the number of a table
  scale,      ///< any value
  alignment,  ///< a power of two from 1 to 4096
  barrier,    ///< 0 to 15
  threads,    ///< 0 to 15, and 16 times a multiple of 32 up to the block's threads
  copy_size,  ///< 4, 8 or 16
  groups,     ///< -1 to 255
  text,       ///< the number of a text, or -1
};

/// Further rules on types, which no Kind expresses.
enum class TypeRule : std::uint8_t {
  any,
  narrower,     ///< the result's scalar has fewer bits than the source's
  wider,        ///< the result's scalar has more bits than the source's
  one_element,  ///< the subject has one element
  four_bytes,   ///< the subject takes 4 bytes a lane
  access,       ///< the subject takes 1, 2, 4, 8, 16 or 32 bytes a lane
  atomic,       ///< one element; of f16 and bf16 one or two
};

/// How instructions are counted (SimCounters::instructions).
enum class InstructionClass : std::uint8_t {
  integer,
  floating,
  conversion,
  move,
  memory,
  shuffle,
  barrier,
  control,
  other,
};
inline constexpr int instruction_class_count = 9;
std::string_view instruction_class_name(InstructionClass instruction_class);

struct OpcodeRow {
  Opcode opcode;
  std::string_view name;
  InstructionClass instruction_class;
  Kind result;
  std::array<Kind, Operands::most> operands;
  ScalarSet types;    ///< of the subject
  ScalarSet sources;  ///< of the source, where there is one
  TypeRule rule = TypeRule::any;
  Immediate immediate = Immediate::zero;
  int modifiers = 1;  ///< the modifier is below this
  int targets = 0;
};

const OpcodeRow& opcode_row(Opcode opcode);

/// The register that types an instruction: the row's subject. no_register if it has none.
std::uint32_t subject_of(const ImageInstruction& instruction);

/// The width of a value: 1 for i1, else 8 times its bytes.
int scalar_bits(Scalar scalar);
bool is_float(Scalar scalar);
/// Bytes that one lane's value of a register takes.
inline std::uint32_t lane_bytes(const Register& r) {
  return r.elements * static_cast<std::uint32_t>(scalar_bytes(r.scalar));
}

/// "f32", "4xbf16".
std::string type_name(const Register& r);

/// Names of modifiers for text: "slt", "oge", "ctaid_x", "butterfly", "shared"; "" where the opcode
/// has none.
std::string_view modifier_name(Opcode opcode, std::uint8_t modifier);

}  // namespace tegula::format
