#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/maintenance.h"
#include "tools/cli/command.h"
#include "tools/cli/machine.h"
#include "tools/common/standard_output.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CacheState {
  std::string directory, state;
};

CacheState state_of(cache::Directory& directory, bool written) {
  std::string state;
  if (directory.writable())
    state = "writable (from " + cache::DiskCache::instance().settings().origin + ")";
  else if (!directory.readable())
    state = "not used: " + directory.why();
  else
    state = written ? "read only: " + directory.why() : "only read";
  if (const cache::Usage usage = cache::usage(directory); usage.refused > 0)
    state += fmt::format("; {} of {} kernels are not read, as {}", usage.refused, usage.entries,
                         usage.refusal);
  return {directory.path(), state};
}

/// One for each directory; where there is none, why.
std::vector<CacheState> cache_states() {
  auto& disk = cache::DiskCache::instance();
  std::vector<CacheState> states;
  for (const auto& directory : disk.directories())
    states.push_back(state_of(*directory, states.empty() && !disk.settings().only_read));
  if (states.empty())
    states.push_back({"", "kernels are kept in memory only (" + disk.settings().origin + ")"});
  return states;
}

Json component_json(const Component& component) {
  return {{"name", component.name},
          {"found", component.found},
          {"version", component.version},
          {"detail", component.detail}};
}

Json components_json(const std::vector<Component>& components) {
  Json json = Json::array();
  for (const Component& component : components) json.push_back(component_json(component));
  return json;
}

std::string to_json(const Machine& machine) {
  Json json;
  json["devices"] = components_json(machine.devices);
  json["driver"] = component_json(machine.driver);
  json["compiler"] = component_json(machine.compiler);
  json["compiler_process"] = component_json(machine.compiler_process);
  json["assemblers"] = components_json(machine.assemblers);
  json["nvrtc"] = component_json(machine.nvrtc);
  const auto caches = cache_states();
  json["cache"] = {{"directory", caches.front().directory}, {"state", caches.front().state}};
  json["cache"]["layers"] = Json::array();
  for (std::size_t k = 1; k < caches.size(); ++k)
    json["cache"]["layers"].push_back(
        {{"directory", caches[k].directory}, {"state", caches[k].state}});
  json["environment"] = Json::object();
  for (const Variable& variable : machine.environment)
    json["environment"][variable.name] = {{"value", variable.value},
                                          {"origin", variable.set ? "environment" : "default"},
                                          {"read", variable.read},
                                          {"problem", variable.problem}};
  json["missing"] = Json::array();
  for (const Lack& lack : machine.missing)
    json["missing"].push_back({{"what", lack.what}, {"remedy", lack.remedy}});
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_text(const Component& component) {
  return fmt::format("  {:<13} {:<4} {:<10} {}\n", component.name, component.found ? "yes" : "no",
                     component.version, component.detail);
}

std::string to_text(const Variable& variable) {
  const std::string value =
      variable.value.empty() ? (variable.set ? "(empty)" : "(not set)") : variable.value;
  return fmt::format("  {:<23} {:<12} {}{}{}\n", variable.name,
                     variable.set ? "environment" : "default", value,
                     variable.read ? "" : "  (this version does not read it)",
                     variable.problem.empty() ? "" : "  (" + variable.problem + ")");
}

std::string to_text(const Machine& machine) {
  std::string text = "devices\n";
  for (const Component& device : machine.devices) text += to_text(device);
  text += "driver\n" + to_text(machine.driver);
  text += "compiler\n" + to_text(machine.compiler) + to_text(machine.compiler_process);
  text += "assemblers, the preferred one first\n";
  for (const Component& assembler : machine.assemblers) text += to_text(assembler);
  if (machine.assemblers.empty()) text += "  none\n";
  text += "CUDA C++ compiler\n" + to_text(machine.nvrtc);
  text += "cache\n";
  for (const CacheState& cache : cache_states())
    text += fmt::format("  {}{}{}\n", cache.directory, cache.directory.empty() ? "" : ": ",
                        cache.state);
  text += "environment\n";
  for (const Variable& variable : machine.environment) text += to_text(variable);
  text += "missing\n";
  for (const Lack& lack : machine.missing)
    text += fmt::format("  {}: {}\n", lack.what, lack.remedy);
  if (machine.missing.empty()) text += "  nothing\n";
  return text;
}

int examine(bool json) {
  const Machine machine = inspect_machine();
  tools::put(json ? to_json(machine) + "\n" : to_text(machine));
  return done;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("doctor", "what this machine has, and what is missing and how to get it");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "one JSON object on standard output");
  command->callback([&action, json] { action = [json] { return examine(*json); }; });
}

}  // namespace tegula::cli
