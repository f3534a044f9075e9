#include "tools/cli/op_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/cli/command.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;
using op::Shape;

std::string dims_text(const std::vector<std::string>& names) {
  return fmt::format("({}{})", fmt::join(names, ", "), names.size() == 1 ? "," : "");
}

std::string shape_text(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::rows:
      return fmt::format("(..., {})", shape.names[1]);
    case Shape::Kind::dims:
      return dims_text(shape.names);
    case Shape::Kind::elements:
      return fmt::format("{} elements", shape.names[0]);
    case Shape::Kind::like:
      return "that of " + shape.names[0];
    case Shape::Kind::leading:
      return fmt::format("that of {} but the last", shape.names[0]);
    case Shape::Kind::computed:
      return shape.text;
    case Shape::Kind::any:
      break;
  }
  return "any";
}

std::string dtype_text(const op::DTypes& dtypes) {
  if (!dtypes.text.empty()) return dtypes.text;
  if (!dtypes.like.empty()) return "that of " + dtypes.like;
  std::string text;
  for (std::size_t i = 0; i < dtypes.any_of.size(); ++i) {
    const char* const before = i == 0 ? "" : i + 1 == dtypes.any_of.size() ? " or " : ", ";
    text += fmt::format("{}{}", before, dtype_name(dtypes.any_of[i]));
  }
  return text.empty() ? "any" : text;
}

/// "destination of y, or that input itself: a, b".
std::string destination_text(const OpOutput& output) {
  if (output.may_be.empty()) return "destination of " + output.name;
  return fmt::format("destination of {}; may be {} itself", output.name,
                     fmt::join(output.may_be, " or "));
}

/// Whether a caller here can say the dtype: a gradient's forward may do so in their place.
bool has_dtype_argument(const OpBase& op, const OpOutput& output) {
  return !output.dtype_argument.empty() &&
         !(op.forward() && std::ranges::find(op.forward()->filled, output.dtype_argument) !=
                               op.forward()->filled.end());
}

/// Whether the caller's memory may be of any float: not where a forward says the dtype.
bool is_any_float(const OpBase& op, const OpOutput& output) {
  return output.any_float && (output.dtype_argument.empty() || has_dtype_argument(op, output));
}

std::string default_of(const OpCall& call, const OpParameter& parameter) {
  const OpValue value = call.parameter(parameter.name);
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const double* number = std::get_if<double>(&value))
    return parameter.bytes == sizeof(float) ? fmt::format("{}", static_cast<float>(*number))
                                            : fmt::format("{}", *number);
  return "";
}

const char* type_of(const OpParameter& parameter) {
  switch (parameter.kind) {
    case OpParameter::Kind::flag:
      return "flag";
    case OpParameter::Kind::number:
      return "number";
    case OpParameter::Kind::dtype:
      return "dtype";
    default:
      return "integer";
  }
}

std::string with_meaning(const std::string& text, const std::string& meaning) {
  return meaning.empty() ? text : text + "; " + meaning;
}

}  // namespace

std::vector<TensorSpec> tensors_of(const OpCall& call) {
  std::vector<TensorSpec> specs;
  for (const OpTensor* tensor : call.inputs())
    specs.push_back({tensor->name, !tensor->optional, tensor->values, shape_text(tensor->shape),
                     dtype_text(tensor->dtype), tensor->meaning});
  for (const OpOutput& output : call.op().outputs())
    if (!output.into.empty())
      specs.push_back(
          {output.into,
           false,
           {},
           shape_text(output.shape),
           is_any_float(call.op(), output) ? dtype_text(op::floats()) : dtype_text(output.dtype),
           destination_text(output),
           true});
  return specs;
}

std::vector<ParamSpec> params_of(const OpCall& call) {
  std::vector<ParamSpec> specs;
  for (const OpParameter* parameter : call.parameters()) {
    if (parameter->kind == OpParameter::Kind::rng) {
      specs.push_back({"seed", "0", "integer", "of the random numbers"});
      specs.push_back({"offset", "0", "integer", "of the random numbers: every call uses up two"});
      continue;
    }
    specs.push_back(
        {parameter->name, default_of(call, *parameter), type_of(*parameter), parameter->meaning});
  }
  return specs;
}

std::vector<OutputSpec> outputs_of(const OpBase& op) {
  std::vector<OutputSpec> specs;
  for (const OpOutput& output : op.outputs()) {
    std::string dtypes = dtype_text(output.dtype);
    if (has_dtype_argument(op, output))
      dtypes = fmt::format("{}; else {}", output.dtype_argument, dtypes);
    specs.push_back({output.name, shape_text(output.shape), std::move(dtypes), output.meaning,
                     output.when == nullptr});
  }
  return specs;
}

std::vector<std::string> config_fields_of(const OpBase& op) {
  std::vector<std::string> names;
  if (op.config_info())
    for (const ConfigFieldInfo& field : op.config_info()->fields) names.push_back(field.name);
  return names;
}

std::string help_of(const OpBase& op) {
  const OpCall call(op);
  std::string text = fmt::format("{}: {}\n  tensors\n", op.name(), op.summary());
  for (const TensorSpec& t : tensors_of(call))
    text += fmt::format("    {:<17} {}{}\n", t.name,
                        with_meaning(fmt::format("{}, {}", t.shape, t.dtypes), t.meaning),
                        t.required ? "" : "; may be left out");
  text += "  outputs\n";
  for (const OutputSpec& output : outputs_of(op))
    text += fmt::format("    {:<17} {}{}\n", output.name,
                        with_meaning(output.shape + ", " + output.dtypes, output.meaning),
                        output.always ? "" : "; of some calls");
  const std::vector<ParamSpec> params = params_of(call);
  if (!params.empty()) text += "  parameters\n";
  for (const ParamSpec& p : params)
    text += fmt::format("    {:<17} {}{}\n", p.name + "=" + p.default_value,
                        p.type == "flag" ? "1: " : "", p.meaning);
  return text + fmt::format("  config fields\n    {}\n", join(config_fields_of(op)));
}

std::string markdown_of(const std::vector<const OpBase*>& ops) {
  std::string text =
      "# The ops\n\n"
      "What each op takes and gives, as its description in the code says it: this page is what\n"
      "`tegula ops --markdown` prints. What holds for all of them, their formulas and their "
      "accuracy\n"
      "are in [ops-guide.md](ops-guide.md); the functions in `tegula/ops.h`. A gradient's row "
      "lists\n"
      "what `tegula run` takes for it, which runs the forward first.\n";
  for (const OpBase* op : ops) {
    const OpCall call(*op);
    text += fmt::format("\n## {}\n\n`{}`\n\n", op->name(), op->summary());
    text += "| tensor | shape | dtype | |\n|---|---|---|---|\n";
    for (const TensorSpec& t : tensors_of(call))
      text += fmt::format("| {}`{}` | {} | {} | {} |\n", t.required ? "" : "optional ", t.name,
                          t.shape, t.dtypes, t.meaning);
    for (const OutputSpec& o : outputs_of(*op))
      text += fmt::format("| {} `{}` | {} | {} | {} |\n", o.always ? "gives" : "may give", o.name,
                          o.shape, o.dtypes, o.meaning);
    text += "\n| parameter | default | |\n|---|---|---|\n";
    for (const ParamSpec& p : params_of(call))
      text += fmt::format("| `{}`, {} | {} | {} |\n", p.name, p.type, p.default_value, p.meaning);
    text += fmt::format("| config | chosen by size | {} |\n", join(config_fields_of(*op)));
  }
  return text;
}

std::string json_of(const std::vector<const OpBase*>& ops) {
  Json list = Json::array();
  for (const OpBase* op : ops) {
    const OpCall call(*op);
    Json& json = list.emplace_back(Json{{"name", op->name()},
                                        {"summary", op->summary()},
                                        {"location", op->location()},
                                        {"forward", Json()},
                                        {"tensors", Json::array()},
                                        {"parameters", Json::array()},
                                        {"outputs", Json::array()}});
    if (op->forward()) json["forward"] = op->forward()->op->name();
    for (const TensorSpec& t : tensors_of(call))
      json["tensors"].push_back({{"name", t.name},
                                 {"required", t.required},
                                 {"destination", t.is_destination},
                                 {"shape", t.shape},
                                 {"dtype", t.dtypes},
                                 {"meaning", t.meaning}});
    for (const ParamSpec& p : params_of(call))
      json["parameters"].push_back({{"name", p.name},
                                    {"type", p.type},
                                    {"default", p.default_value},
                                    {"meaning", p.meaning}});
    for (const OutputSpec& o : outputs_of(*op))
      json["outputs"].push_back({{"name", o.name},
                                 {"always", o.always},
                                 {"shape", o.shape},
                                 {"dtype", o.dtypes},
                                 {"meaning", o.meaning}});
    json["config"] = config_fields_of(*op);
  }
  return Json{{"ops", std::move(list)}}.dump();
}

const OpBase& find_op(std::string_view name) {
  std::vector<std::string> names, locations;
  const OpBase* found = nullptr;
  for (const OpBase* op : described_ops()) {
    names.push_back(op->name());
    if (op->name() != name) continue;
    found = op;
    locations.push_back(op->location());
  }
  if (locations.size() > 1) usage_error("OP", "several ops have this name", join(locations), "one");
  if (found != nullptr) return *found;
  usage_error("OP", "no such op", fmt::format("'{}'", name), join(names));
}

}  // namespace tegula::cli
