#include "dsl/program/program.h"

namespace tegula::program {
namespace {

void collect(const Program& program, const Region& region, std::vector<Location>& locations) {
  for (const Instruction& instruction : region.body) {
    // File number 0xffffffff stands for "nowhere": describe_location gives "".
    locations.push_back(instruction.location < program.locations.size()
                            ? program.locations[instruction.location]
                            : Location{.file = no_location});
    for (const Region& inner : instruction.regions) collect(program, inner, locations);
  }
}

}  // namespace

std::vector<Location> instruction_locations(const Program& program) {
  std::vector<Location> locations;
  collect(program, program.body, locations);
  return locations;
}

std::string describe_location(const Program& program, const Location& location) {
  if (location.file >= program.files.size()) return "";
  return program.files[location.file] + ":" + std::to_string(location.line) + ":" +
         std::to_string(location.column);
}

}  // namespace tegula::program
