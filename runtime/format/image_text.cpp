#include <fmt/format.h>

#include <bit>
#include <iterator>

#include "runtime/format/opcode.h"

namespace tegula::format {
namespace {

std::string value_text(Scalar scalar, std::uint64_t bits) {
  switch (scalar) {
    case Scalar::i1:
      return bits != 0 ? "true" : "false";
    case Scalar::i8:
      return fmt::format("{}", static_cast<std::int8_t>(bits));
    case Scalar::i16:
      return fmt::format("{}", static_cast<std::int16_t>(bits));
    case Scalar::i32:
      return fmt::format("{}", static_cast<std::int32_t>(bits));
    case Scalar::i64:
      return fmt::format("{}", static_cast<std::int64_t>(bits));
    case Scalar::f16:
    case Scalar::bf16:
      return fmt::format("0x{:04x}", bits);
    case Scalar::f32:
      return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case Scalar::f64:
      return fmt::format("{}", std::bit_cast<double>(bits));
  }
  return "";
}

/// The instruction numbers that some branch goes to, in order.
std::vector<bool> targets_of(const Image& image) {
  std::vector<bool> targets(image.code.size(), false);
  for (const ImageInstruction& i : image.code)
    for (int k = 0; k < opcode_row(i.opcode).targets; ++k) {
      const std::uint32_t target = i.targets[static_cast<std::size_t>(k)];
      if (target < targets.size()) targets[target] = true;
    }
  return targets;
}

std::string instruction_text(const Image& image, const ImageInstruction& i) {
  const OpcodeRow& row = opcode_row(i.opcode);
  std::string text;
  const auto out = std::back_inserter(text);
  if (i.result != no_register) fmt::format_to(out, "r{} = ", i.result);
  text += row.name;
  if (row.modifiers > 1) fmt::format_to(out, ".{}", modifier_name(i.opcode, i.modifier));
  std::string_view separator = " ";
  const auto item = [&](const std::string& t) {
    text += separator;
    text += t;
    separator = ", ";
  };
  std::size_t given = i.operands.most;
  while (given > 0 && i.operands[given - 1] == no_register) --given;
  for (std::size_t k = 0; k < given; ++k)
    item(i.operands[k] != no_register ? fmt::format("r{}", i.operands[k]) : "_");
  if (row.immediate == Immediate::table)
    item(fmt::format("table {}", i.immediate));
  else if (row.immediate == Immediate::alignment)
    item(fmt::format("align {}", i.immediate));
  else if (row.immediate == Immediate::threads)
    item(fmt::format("{}, {} threads", i.immediate % 16, i.immediate / 16));
  else if (row.immediate == Immediate::text)
    item(i.immediate < 0 ? "no text" : fmt::format("text {}", i.immediate));
  else if (row.immediate != Immediate::zero)
    item(fmt::format("{}", i.immediate));
  for (int k = 0; k < row.targets; ++k)
    item(fmt::format("@{}", i.targets[static_cast<std::size_t>(k)]));
  if (i.result != no_register && i.result < image.registers.size())
    fmt::format_to(out, " : {}", type_name(image.registers[i.result]));
  if (i.origin != 0xffffffff) fmt::format_to(out, "  ; op {}", i.origin);
  return text;
}

}  // namespace

std::string to_text(const Image& image) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "image {} for {}: {} warps, {} bytes of shared memory\n", image.kernel,
                 image.arch, image.warps, image.shared_bytes);
  if (image.cluster != std::array<std::uint32_t, 3>{1, 1, 1})
    fmt::format_to(out, "clusters of {} blocks\n", fmt::join(image.cluster, " x "));
  for (std::size_t k = 0; k < image.parameters.size(); ++k) {
    const std::uint32_t reg = image.parameters[k];
    fmt::format_to(out, "parameter {}: r{} : {}\n", k, reg, type_name(image.registers.at(reg)));
  }
  for (const Constant& c : image.constants) {
    const Register& r = image.registers.at(c.reg);
    fmt::format_to(out, "constant r{} : {} =", c.reg, type_name(r));
    for (const std::uint64_t bits : c.bits) fmt::format_to(out, " {}", value_text(r.scalar, bits));
    text += '\n';
  }
  for (std::size_t k = 0; k < image.tables.size(); ++k)
    fmt::format_to(out, "table {}: {}\n", k, fmt::join(image.tables[k], " "));
  for (std::size_t k = 0; k < image.texts.size(); ++k)
    fmt::format_to(out, "text {}: \"{}\"\n", k, image.texts[k]);
  const std::vector<bool> targets = targets_of(image);
  for (std::size_t n = 0; n < image.code.size(); ++n)
    fmt::format_to(out, "{}{:>5}  {}\n", targets[n] ? "@" : " ", n,
                   instruction_text(image, image.code[n]));
  return text;
}

}  // namespace tegula::format
