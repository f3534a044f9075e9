#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "tools/cli/command.h"
#include "tools/cli/op_text.h"
#include "tools/common/standard_output.h"

namespace tegula::cli {
namespace {

struct OpsOptions {
  bool json = false, markdown = false;
};

int list_ops(const OpsOptions& options) {
  const std::vector<const OpBase*> ops = described_ops();
  if (options.json) {
    tools::put(json_of(ops) + "\n");
  } else if (options.markdown) {
    tools::put(markdown_of(ops));
  } else {
    for (const OpBase* op : ops) tools::put(help_of(*op));
  }
  return done;
}

}  // namespace

void add_ops(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("ops", "every op, its tensors, parameters and outputs");
  auto options = std::make_shared<OpsOptions>();
  CLI::Option* json =
      command->add_flag("--json", options->json, "one JSON object on standard output");
  command->add_flag("--markdown", options->markdown, "as a page of documentation")->excludes(json);
  command->callback([&action, options] { action = [options] { return list_ops(*options); }; });
}

}  // namespace tegula::cli
