#include "compiler/backend/arch/tile_limits.h"

#include <fmt/format.h>

#include "runtime/format/image_limits.h"
#include "tegula/error.h"

namespace tegula::compiler {
namespace {

[[noreturn]] void refuse_tile(const program::Program& program,
                              const program::Instruction& instruction, std::int64_t elements,
                              std::int64_t threads) {
  const bool located = instruction.location < program.locations.size();
  throw Error(
      ErrorCode::out_of_resources,
      {.where = located ? describe_location(program, program.locations[instruction.location])
                        : program.name,
       .argument = located ? program.name : "",
       .problem = "a tile has too many elements for the block's threads",
       .got = fmt::format("{} elements, {} for each of {} threads", elements, elements / threads,
                          threads),
       .wanted = fmt::format("at most {} for each thread", format::max_elements),
       .hint = fmt::format("use more warps than {}, or a loop over smaller tiles", program.warps)});
}

void check_tiles(const program::Program& program, const program::Region& region) {
  const std::int64_t threads = std::int64_t{32} * program.warps;
  for (const program::Instruction& instruction : region.body) {
    for (const program::ValueId result : instruction.results) {
      const program::Type& type = program.types[result];
      if (type.kind != program::Type::Kind::tile) continue;
      std::int64_t elements = 1;
      for (const std::int64_t extent : type.shape) elements *= extent;
      if (elements > threads * format::max_elements)
        refuse_tile(program, instruction, elements, threads);
    }
    for (const program::Region& inner : instruction.regions) check_tiles(program, inner);
  }
}

}  // namespace

void check_tile_sizes(const program::Program& program) { check_tiles(program, program.body); }

}  // namespace tegula::compiler
