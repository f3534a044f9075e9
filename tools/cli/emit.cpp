#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tools/cli/command.h"
#include "tools/cli/emit_stage.h"
#include "tools/cli/specialisation.h"
#include "tools/common/standard_output.h"
#include "tools/common/write_file.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;

struct EmitOptions {
  std::string kernel, arch = "sm_90a", stage, config, output;
  std::vector<std::string> bind;
  bool json = false;
};

/// -1 stands for "not known" in an entry, null in JSON.
Json known(std::int64_t value) { return value < 0 ? Json() : Json(value); }

Json resources_json(const format::Resources& r) {
  return {{"registers", known(r.registers)},
          {"spill_store_bytes", known(r.spill_store_bytes)},
          {"spill_load_bytes", known(r.spill_load_bytes)},
          {"shared_bytes", known(r.shared_bytes)},
          {"stack_bytes", known(r.stack_bytes)},
          {"barriers", known(r.barriers)}};
}

Json to_json(const EmitOptions& options, const Specialisation& specialisation,
             const EmittedStage& stage) {
  Json json;
  json["kernel"] = options.kernel;
  json["arch"] = options.arch;
  json["stage"] = options.stage;
  const std::span<const std::int64_t> values = specialisation.config.span();
  json["config"] = Json::object();
  for (std::size_t i = 0; i < values.size(); ++i)
    json["config"][specialisation.kernel->fields()[i].name] = values[i];
  json["bindings"] = Json::object();
  for (const auto& [name, binding] : specialisation.bindings)
    json["bindings"][name] = to_string(binding);
  json["assembler"] = stage.assembler;
  json["resources"] = resources_json(stage.resources);
  json["milliseconds"] = Json::object();
  for (const auto& [phase, milliseconds] : stage.milliseconds)
    json["milliseconds"][phase] = milliseconds;
  json["remarks"] = Json::array();
  for (const format::Remark& remark : stage.remarks)
    json["remarks"].push_back(
        {{"pass", remark.pass}, {"location", remark.location}, {"text", remark.text}});
  json["bytes"] = stage.bytes.size();
  if (!options.output.empty())
    json["output"] = options.output;
  else if (stage.is_text)
    json["text"] =
        std::string(reinterpret_cast<const char*>(stage.bytes.data()), stage.bytes.size());
  return json;
}

int emit(const EmitOptions& options) {
  check_stage(options.stage);
  const Specialisation specialisation = specialise(options.kernel, options.bind, options.config);
  const EmittedStage stage = emit_stage(specialisation.program, options.arch, options.stage);
  if (!options.output.empty()) tools::write_file(options.output, stage.bytes);
  if (options.json) {
    tools::put(to_json(options, specialisation, stage)
                   .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
               "\n");
    return done;
  }
  if (options.output.empty())
    tools::put({reinterpret_cast<const char*>(stage.bytes.data()), stage.bytes.size()});
  for (const format::Remark& remark : stage.remarks)
    std::fprintf(stderr, "%s%sremark: %s: %s\n", remark.location.c_str(),
                 remark.location.empty() ? "" : ": ", remark.pass.c_str(), remark.text.c_str());
  return done;
}

}  // namespace

void add_emit(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("emit", "one stage of the compilation of one specialisation of a kernel");
  auto options = std::make_shared<EmitOptions>();
  command->add_option("KERNEL", options->kernel, "a kernel's name, of 'tegula kernels'")
      ->required();
  command->add_option("--arch", options->arch, "sm_80, sm_90a, ... (default sm_90a)");
  command->add_option("--stage", options->stage, "program, tile, layout, llvm, ptx, cubin or sim")
      ->required();
  command
      ->add_option("--bind", options->bind,
                   "name=SHAPE:DTYPE: a tensor (repeatable; the kernel's example without it)")
      ->allow_extra_args(false);
  command->add_option("--config", options->config, "name=N,...: config fields");
  command->add_option("-o,--output", options->output, "write to this file");
  command->add_flag("--json", options->json,
                    "resources, milliseconds and remarks as one JSON object");
  command->callback([&action, options] { action = [options] { return emit(*options); }; });
}

}  // namespace tegula::cli
