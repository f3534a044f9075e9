// What a kernel's author asked for: prints and assertions.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/sim/access.h"
#include "runtime/sim/effects.h"

namespace tegula::sim {
namespace {

using format::Opcode;
using format::Scalar;

/// So that a wide register does not flood the listing.
constexpr std::uint32_t most_elements = 64;

std::string value_text(const std::byte* at, Scalar scalar) {
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
                         std::uint32_t lane) {
  const format::Register type = i.types[operand];
  const auto size = static_cast<std::size_t>(format::scalar_bytes(type.scalar));
  const std::byte* at =
      access.frame + i.operands[operand] + std::size_t{lane} * type.elements * size;
  if (type.elements == 1) return value_text(at, type.scalar);
  std::string text = "[";
  for (std::uint32_t e = 0; e < std::min<std::uint32_t>(type.elements, most_elements); ++e)
    text += (e == 0 ? "" : ", ") + value_text(at + e * size, type.scalar);
  return text + (type.elements > most_elements ? ", ...]" : "]");
}

/// Puts the values where the text says "{}", and the rest behind it.
std::string filled(std::string text, const std::vector<std::string>& values) {
  std::size_t from = 0;
  for (const std::string& value : values) {
    const std::size_t at = text.find("{}", from);
    if (at == std::string::npos) {
      text += (text.empty() ? "" : " ") + value;
      from = text.size();
    } else {
      text.replace(at, 2, value);
      from = at + value.size();
    }
  }
  return text;
}

std::string text_of(const WarpAccess& access, const Instruction& i) {
  return i.immediate < 0 ? std::string()
                         : access.launch().program.texts[static_cast<std::size_t>(i.immediate)];
}

Outcome print(WarpAccess& access, const Instruction& i) {
  all_lanes_of(access.lanes_where(i.operands[4]), [&](std::uint32_t lane) {
    std::vector<std::string> values;
    for (std::size_t k = 0; k < 4; ++k)
      if (i.operands[k] != no_place) values.push_back(operand_text(access, i, k, lane));
    FaultSite site = access.site;
    site.lane = lane;
    access.launch().reports.print(site, filled(text_of(access, i), values));
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
