#include "runtime/format/image.h"

#include <fmt/format.h>

namespace tegula::format {
namespace {

constexpr std::uint32_t image_magic = 0x494c4754;  // "TGLI"
constexpr std::size_t instruction_bytes = 2 + 1 + 4 + Operands::most * 4 + 2 * 4 + 8 + 4;

void write(Writer& w, const ImageInstruction& i) {
  w.put(i.opcode);
  w.put(i.modifier);
  w.put(i.result);
  for (const std::uint32_t operand : i.operands) w.put(operand);
  for (const std::uint32_t target : i.targets) w.put(target);
  w.put(i.immediate);
  w.put(i.origin);
}

ImageInstruction read_instruction(Reader& r) {
  ImageInstruction i;
  i.opcode = r.get_enum<Opcode>(opcode_count);
  i.modifier = r.get<std::uint8_t>();
  i.result = r.get<std::uint32_t>();
  for (std::uint32_t& operand : i.operands) operand = r.get<std::uint32_t>();
  for (std::uint32_t& target : i.targets) target = r.get<std::uint32_t>();
  i.immediate = r.get<std::int64_t>();
  i.origin = r.get<std::uint32_t>();
  return i;
}

}  // namespace

Bytes serialise(const Image& image) {
  Writer w;
  w.put(image_magic);
  w.put(image_version);
  w.put(image.kernel);
  w.put(image.arch);
  w.put(image.warps);
  w.put(image.shared_bytes);
  for (const std::uint32_t extent : image.cluster) w.put(extent);
  w.list(image.registers, [&](const Register& r) {
    w.put(r.scalar);
    w.put(r.elements);
  });
  w.list(image.constants, [&](const Constant& c) {
    w.put(c.reg);
    w.list(c.bits);
  });
  w.list(image.parameters);
  w.list(image.tables, [&](const std::vector<std::int32_t>& table) { w.list(table); });
  w.list(image.texts, [&](const std::string& text) { w.put(text); });
  w.list(image.code, [&](const ImageInstruction& i) { write(w, i); });
  return w.take();
}

Image read_image(std::span<const std::byte> bytes) {
  Reader r(bytes, "simulator image");
  if (r.get<std::uint32_t>() != image_magic) r.fail("this is no image: the magic number is wrong");
  const auto version = r.get<std::uint32_t>();
  if (version != image_version)
    r.fail(fmt::format("the format version is {}, not {}", version, image_version));
  Image image;
  image.kernel = r.get_string();
  image.arch = r.get_string();
  image.warps = r.get<std::uint32_t>();
  image.shared_bytes = r.get<std::uint32_t>();
  for (std::uint32_t& extent : image.cluster) extent = r.get<std::uint32_t>();
  image.registers.resize(r.get_count(1 + 2));
  for (auto& reg : image.registers) {
    reg.scalar = r.get_enum<Scalar>(scalar_count);
    reg.elements = r.get<std::uint16_t>();
  }
  image.constants.resize(r.get_count(4 + 4));
  for (auto& c : image.constants) {
    c.reg = r.get<std::uint32_t>();
    c.bits = r.get_list<std::uint64_t>();
  }
  image.parameters = r.get_list<std::uint32_t>();
  image.tables.resize(r.get_count(4));
  for (auto& table : image.tables) table = r.get_list<std::int32_t>();
  image.texts.resize(r.get_count(4));
  for (auto& text : image.texts) text = r.get_string();
  image.code.resize(r.get_count(instruction_bytes));
  for (auto& i : image.code) i = read_instruction(r);
  r.finish();
  validate(image);
  return image;
}

}  // namespace tegula::format
