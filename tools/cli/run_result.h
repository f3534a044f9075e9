// What `tegula run` found, and how it says so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ops/reference/accuracy.h"
#include "runtime/launch/recorders.h"
#include "tegula/simulator.h"

namespace tegula::cli {

struct OutputResult {
  std::string name;
  DType dtype = DType::f32;
  Dims shape;
  std::optional<reference::Accuracy> accuracy;  ///< with --check
};

struct RunResult {
  std::string op, device;
  DType dtype = DType::f32;
  std::map<std::string, Dims> shapes;  ///< of the inputs
  std::vector<runtime::LaunchTrace> launches;
  std::vector<OutputResult> outputs;
  const SimDevice* simulator = nullptr;  ///< where it ran, if it did
  bool show_counters = false;
  bool checks = true;  ///< whether the simulator checked

  /// The output with the largest ratio; null without --check.
  const OutputResult* worst() const;
  /// No output beyond its bound and no report of the simulator.
  bool passed() const;
};

/// One JSON object (the fields of docs: the command line, "JSON of run").
std::string to_json(const RunResult& result);
std::string to_text(const RunResult& result);

}  // namespace tegula::cli
