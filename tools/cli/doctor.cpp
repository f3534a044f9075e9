#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "runtime/cache/disk_cache.h"
#include "tools/cli/command.h"
#include "tools/cli/machine.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CacheState {
  std::string directory, state;
};
CacheState cache_state() {
  auto& directories = cache::DiskCache::instance().directories();
  const std::string& origin = cache::DiskCache::instance().settings().origin;
  if (directories.empty()) return {"", "kernels are kept in memory only (" + origin + ")"};
  cache::Directory& own = *directories.front();
  if (own.writable()) return {own.path(), "writable (from " + origin + ")"};
  return {own.path(), (own.readable() ? "read only: " : "not used: ") + own.why()};
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
  const CacheState cache = cache_state();
  json["cache"] = {{"directory", cache.directory}, {"state", cache.state}};
  json["environment"] = Json::object();
  for (const Variable& variable : machine.environment)
    json["environment"][variable.name] = {{"value", variable.value},
                                          {"origin", variable.set ? "environment" : "default"},
                                          {"read", variable.read}};
  json["missing"] = Json::array();
  for (const Lack& lack : machine.missing)
    json["missing"].push_back({{"what", lack.what}, {"remedy", lack.remedy}});
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void print(const Component& component) {
  std::printf("  %-13s %-4s %-10s %s\n", component.name.c_str(), component.found ? "yes" : "no",
              component.version.c_str(), component.detail.c_str());
}

void print(const Machine& machine) {
  std::printf("devices\n");
  for (const Component& device : machine.devices) print(device);
  std::printf("driver\n");
  print(machine.driver);
  std::printf("compiler\n");
  print(machine.compiler);
  print(machine.compiler_process);
  std::printf("assemblers, the preferred one first\n");
  for (const Component& assembler : machine.assemblers) print(assembler);
  if (machine.assemblers.empty()) std::printf("  none\n");
  std::printf("CUDA C++ compiler\n");
  print(machine.nvrtc);
  const CacheState cache = cache_state();
  std::printf("cache\n  %s%s%s\n", cache.directory.c_str(), cache.directory.empty() ? "" : ": ",
              cache.state.c_str());
  std::printf("environment\n");
  for (const Variable& variable : machine.environment)
    std::printf(
        "  %-23s %-12s %s%s\n", variable.name.c_str(), variable.set ? "environment" : "default",
        variable.value.empty() ? (variable.set ? "(empty)" : "(not set)") : variable.value.c_str(),
        variable.read ? "" : "  (this version does not read it)");
  std::printf("missing\n");
  for (const Lack& lack : machine.missing)
    std::printf("  %s: %s\n", lack.what.c_str(), lack.remedy.c_str());
  if (machine.missing.empty()) std::printf("  nothing\n");
}

int examine(bool json) {
  const Machine machine = inspect_machine();
  if (json)
    std::printf("%s\n", to_json(machine).c_str());
  else
    print(machine);
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
