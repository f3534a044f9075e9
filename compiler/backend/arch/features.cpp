#include "compiler/backend/arch/features.h"

#include <fmt/format.h>

#include "tegula/error.h"

namespace tegula::compiler {
namespace {

using program::Instruction;
using program::Op;
using program::Program;

struct Feature {
  const char* operation;
  int compute;  ///< the first that has it
  const char* hint;
  bool (*used)(const Program& program, const Instruction& instruction);
};

bool adds_bf16(const Program& program, const Instruction& i) {
  return i.op == Op::atomic &&
         static_cast<program::AtomicKind>(i.attributes[1]) == program::AtomicKind::add &&
         program.types[i.results[0]].dtype == DType::bf16;
}

/// Whether the instruction combines tiles over a cluster, or gives the block's rank in one.
bool uses_cluster(const Program& program, const Instruction& i) {
  return i.op == Op::cluster_reduce ||
         (program.cluster > 1 && i.op == Op::program_id &&
          i.attributes[0] + 1 == static_cast<std::int64_t>(program.grid.size()));
}

constexpr Feature clusters = {"cluster of more than one block", 90,
                              "call cluster_grid with a cluster of 1 there", uses_cluster};
constexpr Feature features[] = {
    {"atomic_add of bf16", 90, "add to an f32 tensor, and convert it afterwards", adds_bf16},
    clusters,
};

std::string names_from(int compute) {
  std::string names;
  for (const format::Architecture& a : format::architectures())
    if (a.compute >= compute) names.append(names.empty() ? "" : ", ").append(a.name);
  return names;
}

/// `instruction`: null if it is the kernel as a whole.
[[noreturn]] void refuse(const Program& program, const Instruction* instruction,
                         const Feature& feature, const format::Architecture& architecture) {
  const bool located = instruction != nullptr && instruction->location < program.locations.size();
  throw Error(
      ErrorCode::unsupported,
      {.where = located ? describe_location(program, program.locations[instruction->location])
                        : program.name,
       .argument = located ? program.name : "",
       .problem = fmt::format("the architecture has no {}", feature.operation),
       .got = std::string(architecture.name),
       .wanted = "one of " + names_from(feature.compute),
       .hint = feature.hint});
}

void check(const Program& program, const Instruction& instruction,
           const format::Architecture& architecture) {
  for (const Feature& feature : features)
    if (architecture.compute < feature.compute && feature.used(program, instruction))
      refuse(program, &instruction, feature, architecture);
}

void check(const Program& program, const program::Region& region,
           const format::Architecture& architecture) {
  for (const Instruction& instruction : region.body) {
    check(program, instruction, architecture);
    for (const program::Region& inner : instruction.regions) check(program, inner, architecture);
  }
}

}  // namespace

void check_features(const Program& program, const format::Architecture& architecture) {
  check(program, program.body, architecture);
  if (program.cluster > 1 && architecture.compute < clusters.compute)
    refuse(program, nullptr, clusters, architecture);
}

}  // namespace tegula::compiler
