// What a kernel's author asked for: prints and assertions.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "runtime/sim/code/effects.h"
#include "runtime/sim/memory/access.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Scalar;

/// Keeps a wide register from flooding the output.
constexpr std::uint32_t most_elements = 64;

std::string unsigned_text(const std::byte* at, Scalar scalar) {
  switch (scalar) {
    case Scalar::i8:
      return fmt::format("{}", get<std::uint8_t>(at, 0));
    case Scalar::i16:
      return fmt::format("{}", get<std::uint16_t>(at, 0));
    case Scalar::i32:
      return fmt::format("{}", get<std::uint32_t>(at, 0));
    default:
      return fmt::format("{}", get<std::uint64_t>(at, 0));
  }
}

std::string value_text(const std::byte* at, Scalar scalar, bool is_unsigned) {
  if (is_unsigned && scalar >= Scalar::i8 && scalar <= Scalar::i64)
    return unsigned_text(at, scalar);
  switch (scalar) {
    case Scalar::i1:
      return get<std::uint8_t>(at, 0) != 0 ? "true" : "false";
    case Scalar::i8:
      return fmt::format("{}", get<std::int8_t>(at, 0));
    case Scalar::i16:
      return fmt::format("{}", get<std::int16_t>(at, 0));
    case Scalar::i32:
      return fmt::format("{}", get<std::int32_t>(at, 0));
    case Scalar::i64:
      return fmt::format("{}", get<std::int64_t>(at, 0));
    case Scalar::f16:
      return fmt::format("{}", widen(get<F16>(at, 0)));
    case Scalar::bf16:
      return fmt::format("{}", widen(get<BF16>(at, 0)));
    case Scalar::f32:
      return fmt::format("{}", get<float>(at, 0));
    case Scalar::f64:
      return fmt::format("{}", get<double>(at, 0));
  }
  return "";
}

std::string operand_text(const WarpAccess& access, const Instruction& i, std::size_t operand,
                         std::uint32_t lane, bool is_unsigned) {
  const format::Register type = i.types[operand];
  const auto size = static_cast<std::size_t>(format::scalar_bytes(type.scalar));
  const std::byte* at =
      access.frame + i.operands[operand] + std::size_t{lane} * type.elements * size;
  if (type.elements == 1) return value_text(at, type.scalar, is_unsigned);
  std::string text = "[";
  for (std::uint32_t e = 0; e < std::min<std::uint32_t>(type.elements, most_elements); ++e)
    text += (e == 0 ? "" : ", ") + value_text(at + e * size, type.scalar, is_unsigned);
  return text + (type.elements > most_elements ? ", ...]" : "]");
}

/// The text with "{}" and "{u}" replaced by value(k, is_unsigned) and "{{" and "}}" by braces;
/// values that it does not name are appended.
template <class Value>
std::string filled(std::string_view text, std::size_t values, Value&& value) {
  std::string result;
  std::size_t next = 0;
  while (!text.empty()) {
    std::size_t taken = 1;
    if (text.starts_with("{{") || text.starts_with("}}")) {
      result += text[0];
      taken = 2;
    } else if ((text.starts_with("{}") || text.starts_with("{u}")) && next < values) {
      const bool is_unsigned = text[1] == 'u';
      result += value(next++, is_unsigned);
      taken = is_unsigned ? 3 : 2;
    } else {
      result += text[0];
    }
    text.remove_prefix(taken);
  }
  for (; next < values; ++next) result += (result.empty() ? "" : " ") + value(next, false);
  return result;
}

std::string text_of(const WarpAccess& access, const Instruction& i) {
  return i.immediate < 0 ? std::string()
                         : access.launch().program.texts[static_cast<std::size_t>(i.immediate)];
}

Outcome print(WarpAccess& access, const Instruction& i) {
  std::vector<std::size_t> given;
  for (std::size_t k = 0; k < 4; ++k)
    if (i.operands[k] != no_slot) given.push_back(k);
  all_lanes_of(access.lanes_where(i.operands[4]), [&](std::uint32_t lane) {
    const auto value = [&](std::size_t k, bool is_unsigned) {
      return operand_text(access, i, given[k], lane, is_unsigned);
    };
    FaultSite site = access.site;
    site.lane = lane;
    access.launch().reports.print(site, filled(text_of(access, i), given.size(), value));
    return true;
  });
  return Outcome::done;
}

Outcome assert_true(WarpAccess& access, const Instruction& i) {
  const bool good = all_lanes_of(access.lanes_where(i.operands[1]), [&](std::uint32_t lane) {
    const std::byte* truths = access.frame + i.operands[0] + std::size_t{lane} * i.elements;
    if (std::find(truths, truths + i.elements, std::byte{0}) == truths + i.elements) return true;
    const std::string text = text_of(access, i);
    access.fault("assert", lane, text.empty() ? "the condition is false" : text);
    return false;
  });
  return good ? Outcome::done : Outcome::faulted;
}

}  // namespace

Effect author_effect(Opcode opcode) {
  if (opcode == Opcode::print) return print;
  if (opcode == Opcode::assert_true) return assert_true;
  return nullptr;
}

}  // namespace tegula::sim
