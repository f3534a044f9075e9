// bench_compile: what a compile takes, phase by phase, in one process, warm.
//
//   bench_compile [ROUNDS] [ARCH]
//
// compiles rms_norm_fwd at N = 4096 (bf16, with residual and bias) ROUNDS times (default 20) for
// ARCH (default sm_90a), as PTX and as a simulator image, and prints one JSON object: the median of
// each phase and of the whole, in milliseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/format/entry.h"
#include "tegula/compile.h"
#include "tegula/compiler.h"
#include "tools/cli/specialisation.h"
#include "tools/common/standard_output.h"

namespace {

using Json = nlohmann::ordered_json;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Json measure(const std::vector<std::byte>& request, int rounds) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<double>> phases;
  tegula::format::Resources resources;
  std::size_t bytes = 0;
  for (int round = -1; round < rounds; ++round) {  // the first one warms up
    const auto start = std::chrono::steady_clock::now();
    const auto result = tegula::compiler::compile_request(request);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - start;
    if (round < 0) continue;
    const auto entry = tegula::format::read_entry(result);
    resources = entry.resources;
    bytes = entry.payload.size();
    auto milliseconds = entry.milliseconds;
    milliseconds.emplace_back("total", spent.count());
    for (const auto& [phase, value] : milliseconds) {
      if (!phases.contains(phase)) order.push_back(phase);
      phases[phase].push_back(value);
    }
  }
  Json json;
  for (const std::string& phase : order) json["milliseconds"][phase] = median(phases[phase]);
  json["payload_bytes"] = bytes;
  json["registers"] = resources.registers;
  json["spill_store_bytes"] = resources.spill_store_bytes;
  return json;
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  const std::string arch = argc > 2 ? argv[2] : "sm_90a";
  const auto specialisation =
      tegula::cli::specialise("rms_norm_fwd", {"residual=4096x4096:bf16", "bias=4096:bf16"}, "");
  Json json;
  json["kernel"] = "rms_norm_fwd";
  json["arch"] = arch;
  json["rounds"] = rounds;
  for (const auto& [name, backend] : {std::pair{"ptx", tegula::Target::Backend::ptx},
                                      std::pair{"sim", tegula::Target::Backend::sim}})
    json[name] = measure(
        tegula::serialise(tegula::CompileRequest{specialisation.program, {backend, arch}}), rounds);
  tegula::tools::put(json.dump(2) + "\n");
  tegula::tools::finish_output();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
