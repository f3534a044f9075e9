#include "compiler/backend/image/origins.h"

#include <fmt/format.h>

#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Instruction.h"

namespace tegula::compiler {

SimOrigins::SimOrigins(const program::Program& program) {
  const auto locations = program::instruction_locations(program);
  for (std::size_t number = 0; number < locations.size(); ++number)
    if (const auto& at = locations[number]; at.file < program.files.size())
      numbers_.try_emplace(fmt::format("{}:{}:{}", program.files[at.file], at.line, at.column),
                           static_cast<std::uint32_t>(number));
}

std::uint32_t SimOrigins::of(const llvm::Instruction& instruction) const {
  const auto it = numbers_.find(describe_location(instruction));
  return it == numbers_.end() ? no_origin : it->second;
}

std::string describe_location(const llvm::Instruction& instruction) {
  const llvm::DILocation* at = instruction.getDebugLoc().get();
  if (at == nullptr) return {};
  std::string file = at->getFilename().str();
  if (const auto folder = at->getDirectory(); !folder.empty() && !file.starts_with('/'))
    file = folder.str() + "/" + file;
  return fmt::format("{}:{}:{}", file, at->getLine(), at->getColumn());
}

}  // namespace tegula::compiler
