#include "tools/cli/emit_stage.h"

#include <array>
#include <optional>

#include "dsl/program/program.h"
#include "runtime/format/compiler_call.h"
#include "tegula/compile.h"
#include "tegula/device.h"
#include "tools/cli/command.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

using format::Stage;

struct StageRow {
  const char* name;
  std::optional<Stage> stage;  ///< none: the Program itself, which needs no compiler
};
constexpr std::array<StageRow, 7> table = {{{"program", std::nullopt},
                                            {"tile", Stage::tile},
                                            {"layout", Stage::layout},
                                            {"llvm", Stage::llvm},
                                            {"ptx", Stage::ptx},
                                            {"cubin", Stage::cubin},
                                            {"sim", Stage::sim}}};

const StageRow& find_stage(const std::string& name) {
  std::vector<std::string> names;
  for (const StageRow& row : table) {
    if (name == row.name) return row;
    names.emplace_back(row.name);
  }
  usage_error("--stage", "no such stage", "'" + name + "'", join(names));
}

}  // namespace

void check_stage(const std::string& stage) { find_stage(stage); }

EmittedStage emit_stage(std::span<const std::byte> program, const std::string& arch,
                        const std::string& stage) {
  const StageRow& row = find_stage(stage);
  EmittedStage result;
  if (!row.stage) {
    const std::string text = program::to_text(program::deserialise(program));
    const auto bytes = std::as_bytes(std::span(text));
    result.bytes.assign(bytes.begin(), bytes.end());
    return result;
  }
  const Target target{*row.stage == Stage::sim ? Target::Backend::sim : Target::Backend::ptx, arch};
  const format::EmitRequest request{{program.begin(), program.end()}, target, *row.stage};
  format::Emitted emitted = format::read_emitted(call_compiler(format::serialise(request)));
  result.bytes = std::move(emitted.bytes);
  result.is_text = *row.stage != Stage::cubin;
  result.assembler = emitted.entry.assembler;
  result.resources = emitted.entry.resources;
  result.milliseconds = emitted.entry.milliseconds;
  result.remarks = emitted.entry.remarks;
  return result;
}

}  // namespace tegula::cli
