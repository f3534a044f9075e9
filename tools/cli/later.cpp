#include <array>

#include <CLI/CLI.hpp>

#include "tegula/error.h"
#include "tools/cli/command.h"

namespace tegula::cli {
namespace {

struct Later {
  const char* name;
  const char* description;
};
constexpr std::array<Later, 3> later_commands = {
    {{"bench", "time an op (not in this version)"},
     {"tune", "the tuner and its records (not in this version)"},
     {"pack", "kernels built ahead (not in this version)"}}};

}  // namespace

void add_later(CLI::App& app, Action& action) {
  for (const Later& later : later_commands) {
    CLI::App* command = app.add_subcommand(later.name, later.description);
    command->allow_extras();  // whatever follows, the answer is the same
    command->callback([&action, name = later.name] {
      action = [name]() -> int {
        throw Error(ErrorCode::unsupported, {.argument = name,
                                             .problem = "this version of tegula does not have it",
                                             .wanted = "doctor, kernels, ops, emit, run or cache"});
      };
    });
  }
}

}  // namespace tegula::cli
