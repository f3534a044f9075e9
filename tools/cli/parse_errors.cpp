#include "tools/cli/parse_errors.h"

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "tools/cli/command.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

std::string words_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : words_of(*parent) + " " + app.get_name();
}

std::string help_hint(const CLI::App& app) {
  return fmt::format("'{} --help' says more", words_of(app));
}

/// The command that the line names, as far as it was understood.
const CLI::App& chosen(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : chosen(*parsed.front());
}

std::string options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  return join(names);
}

/// An option or argument of `app` is used wrongly.
[[noreturn]] void option_error(const CLI::App& app, const std::string& name,
                               const std::string& problem) {
  if (app.get_option_no_throw("--" + name) != nullptr) option_error(app, "--" + name, problem);
  const CLI::Option* option = app.get_option_no_throw(name);
  const std::string meaning = option == nullptr ? "" : option->get_description();
  usage_error(
      name, problem, "", "",
      meaning.empty() ? help_hint(app) : fmt::format("its help: {} ({})", meaning, help_hint(app)));
}

bool take_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

}  // namespace

void check_subcommands(const CLI::App& app, int argc, char** argv) {
  if (app.get_require_subcommand_min() == 0) return;
  if (argc > 1 && argv[1][0] == '-') return;  // --help; parsing knows the others
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (argc > 1 && command->get_name() == argv[1])
      return check_subcommands(*command, argc - 1, argv + 1);
    names.push_back(command->get_name());
  }
  if (argc < 2) usage_error("SUBCOMMAND", "none is given", "", join(names), help_hint(app));
  usage_error("SUBCOMMAND", "no such subcommand", fmt::format("'{}'", argv[1]), join(names),
              help_hint(app));
}

void throw_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = chosen(app);
  std::string text = error.what();
  if (text == "A subcommand is required")
    usage_error("SUBCOMMAND", "none is given", "", "a subcommand first, then its options",
                help_hint(command));
  if (take_suffix(text, " is required")) option_error(command, text, "it is missing");
  if (take_suffix(text, ": 1 required TEXT missing"))
    option_error(command, text, "a value is missing behind it");
  if (take_suffix(text, " was given a disallowed flag override"))
    option_error(command, text, "it takes no value");
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    option_error(command, text.substr(0, text.find(':')), "it is given more than once");
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    usage_error(command.get_name(), "it does not take this",
                fmt::format("{}", fmt::join(app.remaining(true), " ")), options_of(command),
                help_hint(command));
  usage_error("", text, "", "", help_hint(command));
}

}  // namespace tegula::cli
