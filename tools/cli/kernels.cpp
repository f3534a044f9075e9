#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tools/cli/bindings.h"
#include "tools/cli/command.h"
#include "tools/common/standard_output.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* access_name(ParameterInfo::Access access) {
  switch (access) {
    case ParameterInfo::Access::in:
      return "in";
    case ParameterInfo::Access::out:
      return "out";
    case ParameterInfo::Access::in_out:
      return "in_out";
  }
  return "";
}

Json parameter_json(const ParameterInfo& parameter) {
  if (parameter.kind == ParameterInfo::Kind::scalar)
    return {{"name", parameter.name}, {"kind", "scalar"}, {"dtype", dtype_name(parameter.dtype)}};
  return {{"name", parameter.name},
          {"kind", "tensor"},
          {"access", access_name(parameter.access)},
          {"optional", parameter.optional},
          {"specialised_dims", parameter.specialised_dims}};
}

Json kernel_json(const KernelBase& kernel) {
  Json json = {{"name", kernel.name()}, {"location", kernel.location()}};
  json["parameters"] = Json::array();
  for (const ParameterInfo& parameter : kernel.parameters())
    json["parameters"].push_back(parameter_json(parameter));
  json["config"] = Json::array();
  for (const ConfigFieldInfo& field : kernel.fields())
    json["config"].push_back(
        {{"name", field.name}, {"default", field.initial}, {"sweep", field.sweep}});
  json["example"] = Json::object();
  for (const auto& [name, binding] : complete(kernel, {}).bindings)
    json["example"][name] = to_string(binding);
  return json;
}

void print_kernel(const KernelBase& kernel) {
  std::string text = kernel.name() + "\n  parameters:";
  for (const ParameterInfo& parameter : kernel.parameters())
    if (parameter.kind == ParameterInfo::Kind::scalar)
      text += fmt::format(" {} ({})", parameter.name, dtype_name(parameter.dtype));
    else
      text += fmt::format(" {} ({}{})", parameter.name, access_name(parameter.access),
                          parameter.optional ? ", optional" : "");
  text += "\n";
  for (const ConfigFieldInfo& field : kernel.fields())
    text += fmt::format("  config {} = {}, tuned over {{{}}}\n", field.name, field.initial,
                        fmt::join(field.sweep, ", "));
  text += "  example:";
  for (const auto& [name, binding] : complete(kernel, {}).bindings)
    text += fmt::format(" --bind {}={}", name, to_string(binding));
  tools::put(text + "\n");
}

int list_kernels(bool json) {
  if (!json) {
    for (const KernelBase* kernel : tegula::kernels()) print_kernel(*kernel);
    return done;
  }
  Json list = Json::array();
  for (const KernelBase* kernel : tegula::kernels()) list.push_back(kernel_json(*kernel));
  tools::put(Json{{"kernels", list}}.dump() + "\n");
  return done;
}

}  // namespace

void add_kernels(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("kernels", "every kernel, its parameters and configs");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "one JSON object on standard output");
  command->callback([&action, json] { action = [json] { return list_kernels(*json); }; });
}

}  // namespace tegula::cli
