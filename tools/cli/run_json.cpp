#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "tools/cli/run_result.h"
#include "tools/cli/values.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity; a reader that compares a ratio with 1 still wants a number.
double finite(double value) { return std::min(value, std::numeric_limits<double>::max()); }

void put_accuracy(Json& json, const reference::Accuracy& accuracy) {
  json["max_error"] = finite(accuracy.max_error);
  json["plain_error"] = finite(accuracy.plain_error);
  json["bound"] = finite(accuracy.bound);
  json["ratio"] = finite(accuracy.ratio);
}

Json shape_json(const Dims& shape) {
  Json json = Json::array();
  for (const std::int64_t extent : shape) json.push_back(extent);
  return json;
}

Json config_json(const std::string& text) {
  Json json = Json::object();
  for (const auto& [name, value] : parse_config(text, "config")) json[name] = value;
  return json;
}

Json report_json(const SimReport& report) {
  Json json = {{"check", report.check},
               {"kernel", report.kernel},
               {"file", report.location.file},
               {"line", report.location.line},
               {"column", report.location.column},
               {"block", report.block},
               {"warp", report.warp},
               {"lane", report.lane},
               {"message", report.message}};
  if (!report.other.file.empty())
    json["other"] = {
        {"file", report.other.file}, {"line", report.other.line}, {"column", report.other.column}};
  return json;
}

Json counters_json(const SimDevice& simulator, bool checks) {
  const SimCounters& counters = simulator.counters();
  Json json;
  json["arguments"] = Json::object();
  for (const auto& [name, argument] : counters.arguments)
    json["arguments"][name] = {{"load_bytes", argument.load_bytes},
                               {"store_bytes", argument.store_bytes}};
  json["global_sectors"] = counters.global_sectors;
  json["min_sectors"] = counters.min_sectors;
  json["vector128_fraction"] = counters.vector128_fraction();
  json["shared_wavefronts"] = counters.shared_wavefronts;
  json["min_shared_wavefronts"] = counters.min_shared_wavefronts;
  json["cluster_bytes"] = counters.cluster_bytes;
  json["mma_ops"] = counters.mma_ops;
  json["barriers"] = counters.barriers;
  json["instructions"] = Json::object();
  for (const auto& [name, count] : counters.instructions) json["instructions"][name] = count;
  json["lane_instructions"] = counters.lane_instructions;
  json["blocks"] = counters.blocks;
  json["checks"] = Json::array();
  for (const std::string_view check : sim_checks)
    if (checks) json["checks"].push_back(check);
  return json;
}

Json reports_json(const SimDevice& simulator) {
  Json json = Json::array();
  for (const SimReport& report : simulator.reports()) json.push_back(report_json(report));
  return json;
}

void put_launches(Json& json, const RunResult& result) {
  // Of several launches the costliest origin is what the caller waited for.
  std::string cache = "memory";
  double compile_ms = 0;
  Json launches = Json::array();
  for (const runtime::LaunchTrace& launch : result.launches) {
    if (launch.source != "memory" && cache != "compiled") cache = launch.source;
    compile_ms += launch.compile_ms;
    launches.push_back({{"kernel", launch.kernel},
                        {"config", config_json(launch.config)},
                        {"cache", launch.source},
                        {"compile_ms", launch.compile_ms}});
  }
  // Of the op itself: a backward runs its forward first.
  const bool backward = result.op.ends_with("_bwd");
  const auto own = std::ranges::find_if(result.launches, [&](const runtime::LaunchTrace& launch) {
    return !backward || launch.kernel.find("_bwd") != std::string::npos;
  });
  const auto named = own == result.launches.end() ? result.launches.begin() : own;
  json["config"] = result.launches.empty() ? Json::object() : config_json(named->config);
  json["cache"] = cache;
  json["compile_ms"] = compile_ms;
  json["launches"] = std::move(launches);
}

}  // namespace

std::string to_json(const RunResult& result) {
  Json json;
  json["op"] = result.op;
  json["device"] = result.device;
  json["dtype"] = dtype_name(result.dtype);
  json["shapes"] = Json::object();
  for (const auto& [name, shape] : result.shapes) json["shapes"][name] = shape_json(shape);
  put_launches(json, result);
  json["outputs"] = Json::object();
  for (const OutputResult& output : result.outputs) {
    Json& entry = json["outputs"][output.name];
    entry = {{"dtype", dtype_name(output.dtype)}, {"shape", shape_json(output.shape)}};
    if (output.accuracy) put_accuracy(entry, *output.accuracy);
  }
  if (const OutputResult* worst = result.worst()) {
    put_accuracy(json, *worst->accuracy);
    json["passed"] = result.passed();  // what was not checked has not passed
  }
  if (result.simulator != nullptr) {
    const Json reports = reports_json(*result.simulator);
    if (result.show_counters) {
      json["counters"] = counters_json(*result.simulator, result.checks);
      json["counters"]["reports"] = reports;
    }
    json["reports"] = reports;
  }
  return json.dump();
}

}  // namespace tegula::cli
