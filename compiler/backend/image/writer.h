// Appends instructions to an image under construction, each with the line that it comes from.
#pragma once

#include <vector>

#include "compiler/backend/image/origins.h"
#include "compiler/backend/image/registers.h"
#include "llvm/IR/Instruction.h"

namespace tegula::compiler {

class SimWriter {
 public:
  SimWriter(format::Image& image, const llvm::Module& module, const program::Program& program)
      : image_(image), origins_(program), registers_(image, module) {}

  /// Sets the LLVM instruction from which the following image instructions come.
  void from(const llvm::Instruction& instruction) { origin_ = origins_.of(instruction); }

  format::Image& image() { return image_; }
  SimRegisters& registers() { return registers_; }
  /// The number of the next instruction.
  std::uint32_t position() const { return static_cast<std::uint32_t>(image_.code.size()); }

  format::ImageInstruction& append(format::Opcode opcode);
  /// Appends an instruction that gives `i`'s value.
  format::ImageInstruction& append_value(const llvm::Instruction& i, format::Opcode opcode,
                                         const std::vector<const llvm::Value*>& operands);
  /// Appends an instruction without a result. A null operand means none.
  format::ImageInstruction& append_effect(format::Opcode opcode,
                                          const std::vector<const llvm::Value*>& operands);
  /// base + index * scale.
  std::uint32_t append_address(std::uint32_t base, std::uint32_t index, std::int64_t scale);
  void append_move(std::uint32_t source, std::uint32_t target);
  /// The number of a text in the image, which holds each text once.
  std::int64_t text(std::string_view text);

 private:
  format::Image& image_;
  SimOrigins origins_;
  SimRegisters registers_;
  std::uint32_t origin_ = no_origin;
};

/// The modifier of an access of an LLVM address space. Throws Unencodable for one that the image
/// lacks.
std::uint8_t space_modifier(unsigned address_space);

}  // namespace tegula::compiler
