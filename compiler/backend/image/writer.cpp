#include "compiler/backend/image/writer.h"

#include <algorithm>

namespace tegula::compiler {

using format::ImageInstruction;
using format::Opcode;

ImageInstruction& SimWriter::append(Opcode opcode) {
  ImageInstruction& out = image_.code.emplace_back();
  out.opcode = opcode;
  out.origin = origin_;
  return out;
}

ImageInstruction& SimWriter::append_value(const llvm::Instruction& i, Opcode opcode,
                                          const std::vector<const llvm::Value*>& operands) {
  format::Operands inputs;
  for (std::size_t k = 0; k < operands.size(); ++k) inputs[k] = registers_.one(operands[k]);
  const std::uint32_t result = registers_.one(&i);
  ImageInstruction& out = append(opcode);
  out.result = result;
  out.operands = inputs;
  return out;
}

ImageInstruction& SimWriter::append_effect(Opcode opcode,
                                           const std::vector<const llvm::Value*>& operands) {
  format::Operands inputs;
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k] != nullptr) inputs[k] = registers_.one(operands[k]);
  ImageInstruction& out = append(opcode);
  out.operands = inputs;
  return out;
}

std::uint32_t SimWriter::append_address(std::uint32_t base, std::uint32_t index,
                                        std::int64_t scale) {
  const std::uint32_t result = registers_.fresh(registers_.type(base));
  ImageInstruction& out = append(Opcode::address);
  out.operands = {base, index};
  out.result = result;
  out.immediate = scale;
  return result;
}

void SimWriter::append_move(std::uint32_t source, std::uint32_t target) {
  ImageInstruction& out = append(Opcode::move);
  out.operands[0] = source;
  out.result = target;
}

std::int64_t SimWriter::text(std::string_view text) {
  const auto it = std::find(image_.texts.begin(), image_.texts.end(), text);
  if (it != image_.texts.end()) return it - image_.texts.begin();
  image_.texts.emplace_back(text);
  return static_cast<std::int64_t>(image_.texts.size()) - 1;
}

std::uint8_t space_modifier(unsigned address_space) {
  if (address_space == 1) return static_cast<std::uint8_t>(format::Space::global);
  if (address_space == 3) return static_cast<std::uint8_t>(format::Space::shared);
  throw Unencodable("no such memory");
}

}  // namespace tegula::compiler
