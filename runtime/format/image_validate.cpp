#include <fmt/format.h>

#include <algorithm>

#include "runtime/format/image_limits.h"
#include "runtime/format/opcode.h"
#include "tegula/error.h"

namespace tegula::format {
namespace {

constexpr std::uint32_t max_warps = 64;
constexpr std::uint32_t max_shared_bytes = 256 << 10;

[[noreturn]] void reject(std::string problem) {
  throw Error(ErrorCode::corrupt_data,
              {.argument = "simulator image", .problem = std::move(problem)});
}

/// Checks one instruction against its opcode's row.
class InstructionCheck {
 public:
  InstructionCheck(const Image& image, std::size_t number)
      : image_(image), number_(number), i_(image.code[number]), row_(opcode_row(i_.opcode)) {}

  void check() {
    find_subject();
    check_register(i_.result, row_.result, "the result");
    for (std::size_t k = 0; k < Operands::most; ++k)
      check_register(i_.operands[k], row_.operands[k], fmt::format("operand {}", k));
    if (i_.modifier >= row_.modifiers) fail("the modifier is out of range");
    check_type_rule();
    check_immediate();
    for (int k = 0; k < 2; ++k) {
      const std::uint32_t target = i_.targets[static_cast<std::size_t>(k)];
      if (k < row_.targets ? target >= image_.code.size() : target != 0)
        fail("a target is out of range");
    }
  }

  void check_result_is_not(const std::vector<bool>& fixed) const {
    if (i_.result != no_register && fixed[i_.result])
      fail("the result is a constant or a parameter");
  }

 private:
  [[noreturn]] void fail(std::string_view problem) const {
    reject(fmt::format("instruction {} ({}): {}", number_, row_.name, problem));
  }

  const Register& at(std::uint32_t number) const {
    if (number >= image_.registers.size()) fail("a register's number is out of range");
    return image_.registers[number];
  }

  bool has_subject() const {
    return row_.result == Kind::subject || std::find(row_.operands.begin(), row_.operands.end(),
                                                     Kind::subject) != row_.operands.end();
  }

  void find_subject() {
    const std::uint32_t subject = subject_of(i_);
    if (subject != no_register || has_subject()) subject_ = &at(subject);
    if (subject_ != nullptr && !contains(row_.types, subject_->scalar))
      fail(fmt::format("a register of {} does not suit it", scalar_name(subject_->scalar)));
  }

  /// Whether a register of type `r` fits `kind`; remembers the vector and the source on the way.
  bool fits(const Register& r, Kind kind) {
    const bool truth = r.scalar == Scalar::i1;
    const bool integer = r.scalar == Scalar::i32 || r.scalar == Scalar::i64;
    switch (kind) {
      case Kind::none:
        return false;
      case Kind::any_or_none:
        return true;
      case Kind::subject:
      case Kind::subject_or_none:
        return r == *subject_;
      case Kind::element:
        return r.scalar == subject_->scalar && r.elements == 1;
      case Kind::vector: {
        const bool first = vector_ == nullptr;
        if (first) vector_ = &r;
        return r.scalar == subject_->scalar && r == *vector_;
      }
      case Kind::truths:
        return truth && r.elements == subject_->elements;
      case Kind::condition:
        return truth && (r.elements == subject_->elements || r.elements == 1);
      case Kind::predicate:
      case Kind::predicate_or_none:
        return truth && r.elements == 1;
      case Kind::source:
        source_ = &r;
        return contains(row_.sources, r.scalar) && r.elements == subject_->elements;
      case Kind::bits:
        return truth == (subject_->scalar == Scalar::i1) && lane_bytes(r) == lane_bytes(*subject_);
      case Kind::address:
        return r.elements == 1 &&
               r.scalar == (static_cast<Space>(i_.modifier & 1) == Space::global ? Scalar::i64
                                                                                 : Scalar::i32);
      case Kind::global_address:
        return r.scalar == Scalar::i64 && r.elements == 1;
      case Kind::index:
        return integer && r.elements == subject_->elements;
      case Kind::shared_address:
      case Kind::word:
      case Kind::word_or_none:
        return r.scalar == Scalar::i32 && r.elements == 1;
    }
    return false;
  }

  void check_register(std::uint32_t number, Kind kind, std::string_view which) {
    const bool optional = kind == Kind::none || kind == Kind::subject_or_none ||
                          kind == Kind::predicate_or_none || kind == Kind::word_or_none ||
                          kind == Kind::any_or_none;
    if (number == no_register) {
      if (!optional) fail(fmt::format("{} is missing", which));
      return;
    }
    if (kind == Kind::none) fail(fmt::format("{} should not be there", which));
    const Register& r = at(number);
    if (!fits(r, kind)) fail(fmt::format("{} may not be of type {}", which, type_name(r)));
  }

  void check_type_rule() const {
    const auto bits = [](const Register* r) { return scalar_bits(r->scalar); };
    bool good = true;
    switch (row_.rule) {
      case TypeRule::any:
        break;
      case TypeRule::narrower:
        good = bits(subject_) < bits(source_);
        break;
      case TypeRule::wider:
        good = bits(subject_) > bits(source_);
        break;
      case TypeRule::one_element:
        good = subject_->elements == 1;
        break;
      case TypeRule::four_bytes:
        good = lane_bytes(*subject_) == 4;
        break;
      case TypeRule::access: {
        const std::uint32_t size = lane_bytes(*subject_);
        good = size <= 32 && (size & (size - 1)) == 0;
        break;
      }
      case TypeRule::atomic:
        good = subject_->elements == 1 || (subject_->elements == 2 && is_float(subject_->scalar) &&
                                           scalar_bytes(subject_->scalar) == 2);
        break;
    }
    if (!good) fail(fmt::format("the type {} does not suit it", type_name(*subject_)));
  }

  void check_immediate() const {
    const std::int64_t value = i_.immediate;
    bool good = true;
    switch (row_.immediate) {
      case Immediate::zero:
        good = value == 0;
        break;
      case Immediate::element:
        good = value >= 0 && value < (vector_ != nullptr ? vector_ : subject_)->elements;
        break;
      case Immediate::table:
        good = value >= 0 && value < static_cast<std::int64_t>(image_.tables.size());
        if (good) check_table(image_.tables[static_cast<std::size_t>(value)]);
        break;
      case Immediate::scale:
        break;
      case Immediate::alignment:
        good = value >= 1 && value <= 4096 && (value & (value - 1)) == 0;
        break;
      case Immediate::barrier:
        good = value >= 0 && value < 16;
        break;
      case Immediate::threads: {
        const std::int64_t threads = value / 16;
        good = threads >= 32 && threads % 32 == 0 && threads <= 32 * std::int64_t{image_.warps};
        break;
      }
      case Immediate::copy_size:
        good = value == 4 || value == 8 || value == 16;
        break;
      case Immediate::groups:
        good = value >= -1 && value <= 255;
        break;
      case Immediate::text:
        good = value >= -1 && value < static_cast<std::int64_t>(image_.texts.size());
        break;
    }
    if (!good) fail(fmt::format("the immediate {} does not suit it", value));
  }

  void check_table(const std::vector<std::int32_t>& table) const {
    if (table.size() != subject_->elements)
      fail("its table has not as many entries as the result has elements");
    const std::int32_t limit = 2 * vector_->elements;
    for (const std::int32_t pick : table)
      if (pick < -1 || pick >= limit) fail("its table picks an element that is not there");
  }

  const Image& image_;
  std::size_t number_;
  const ImageInstruction& i_;
  const OpcodeRow& row_;
  const Register* subject_ = nullptr;
  const Register* vector_ = nullptr;
  const Register* source_ = nullptr;
};

void check_sizes(const Image& image) {
  if (image.warps < 1 || image.warps > max_warps)
    reject(fmt::format("{} warps a block (1 to {} are possible)", image.warps, max_warps));
  if (image.shared_bytes > max_shared_bytes)
    reject(fmt::format("{} bytes of shared memory", image.shared_bytes));
  std::uint64_t blocks = 1;
  for (const std::uint32_t extent : image.cluster) {
    if (extent < 1 || extent > max_cluster_blocks)
      reject(fmt::format("a cluster of {} blocks along an axis", extent));
    blocks *= extent;
  }
  if (blocks > max_cluster_blocks)
    reject(
        fmt::format("a cluster of {} blocks (1 to {} are possible)", blocks, max_cluster_blocks));
  if (image.code.size() > max_instructions)
    reject(fmt::format("{} instructions", image.code.size()));
  for (const Register& r : image.registers)
    if (r.elements < 1 || r.elements > max_elements)
      reject(fmt::format("a register of {} elements", r.elements));
  if (const std::uint64_t bytes = register_bytes(image); bytes > max_register_bytes)
    reject(fmt::format("{} bytes of registers a block", bytes));
}

/// Marks the registers that hold their value from the start and never change.
std::vector<bool> check_fixed(const Image& image) {
  std::vector<bool> fixed(image.registers.size(), false);
  const auto claim = [&](std::uint32_t reg, std::string_view what) -> const Register& {
    if (reg >= image.registers.size()) reject(fmt::format("a {}'s register is not there", what));
    if (fixed[reg]) reject(fmt::format("register {} is given a value twice", reg));
    fixed[reg] = true;
    return image.registers[reg];
  };
  for (const Constant& c : image.constants) {
    const Register& r = claim(c.reg, "constant");
    if (c.bits.size() != 1 && c.bits.size() != r.elements)
      reject(fmt::format("constant {} has {} values", c.reg, c.bits.size()));
    const int width = scalar_bits(r.scalar);
    for (const std::uint64_t value : c.bits)
      if (width < 64 && (value >> width) != 0)
        reject(fmt::format("constant {} has a value wider than {}", c.reg, type_name(r)));
  }
  for (const std::uint32_t reg : image.parameters)
    if (claim(reg, "parameter").elements != 1)
      reject(fmt::format("parameter register {} has several elements", reg));
  return fixed;
}

bool ends_control(Opcode opcode) {
  return opcode == Opcode::br || opcode == Opcode::cond_br || opcode == Opcode::ret ||
         opcode == Opcode::trap;
}

}  // namespace

std::uint64_t register_bytes(const Image& image) {
  std::uint64_t bytes = 0;
  for (const Register& r : image.registers) bytes += 32ull * lane_bytes(r);
  return bytes * image.warps;
}

void validate(const Image& image) {
  check_sizes(image);
  const std::vector<bool> fixed = check_fixed(image);
  if (image.code.empty() || !ends_control(image.code.back().opcode))
    reject("control can run off the end");
  for (std::size_t number = 0; number < image.code.size(); ++number) {
    InstructionCheck instruction(image, number);
    instruction.check();
    instruction.check_result_is_not(fixed);
  }
}

void validate_instruction(const Image& image, std::size_t number) {
  InstructionCheck(image, number).check();
}

}  // namespace tegula::format
