#include <iterator>

#include <fmt/format.h>

#include "tools/cli/run_result.h"

namespace tegula::cli {

const OutputResult* RunResult::worst() const {
  const OutputResult* worst = nullptr;
  for (const OutputResult& output : outputs)
    if (output.accuracy && (worst == nullptr || output.accuracy->ratio > worst->accuracy->ratio))
      worst = &output;
  return worst;
}

bool RunResult::passed() const {
  const OutputResult* output = worst();
  return (output == nullptr || output->accuracy->passed) &&
         (simulator == nullptr || simulator->reports().empty());
}

namespace {

void put_counters(std::string& text, const SimCounters& counters) {
  auto out = std::back_inserter(text);
  for (const auto& [name, argument] : counters.arguments)
    fmt::format_to(out, "  {:<14} loads {} bytes, stores {} bytes\n", name, argument.load_bytes,
                   argument.store_bytes);
  fmt::format_to(out, "  global sectors {} (at least {}), by 16 bytes or more a lane: {:.1f} %\n",
                 counters.global_sectors, counters.min_sectors,
                 100 * counters.vector128_fraction());
  fmt::format_to(out, "  shared wavefronts {} (at least {}), barriers {}, mma {}, blocks {}\n",
                 counters.shared_wavefronts, counters.min_shared_wavefronts, counters.barriers,
                 counters.mma_ops, counters.blocks);
  if (counters.cluster_bytes > 0)
    fmt::format_to(out, "  {} bytes read from shared memory of the cluster\n",
                   counters.cluster_bytes);
  fmt::format_to(out, "  warp instructions:");
  for (const auto& [name, count] : counters.instructions)
    fmt::format_to(out, " {} {}", name, count);
  text += '\n';
}

}  // namespace

std::string to_text(const RunResult& result) {
  std::string text = fmt::format("{} on {}\n", result.op, result.device);
  auto out = std::back_inserter(text);
  for (const runtime::LaunchTrace& launch : result.launches)
    fmt::format_to(out, "  launched {} ({}), {}{}\n", launch.kernel, launch.config, launch.source,
                   launch.compile_ms > 0 ? fmt::format(" in {:.1f} ms", launch.compile_ms) : "");
  if (result.launches.empty()) text += "  nothing to launch\n";
  for (const OutputResult& output : result.outputs) {
    fmt::format_to(out, "  {:<14} {}:{}", output.name, to_string(output.shape),
                   dtype_name(output.dtype));
    if (const auto& a = output.accuracy)
      fmt::format_to(out, "  {}: max error {:.3g}, bound {:.3g} (ratio {:.3f}; plain {:.3g})",
                     a->passed ? "passed" : "FAILED", a->max_error, a->bound, a->ratio,
                     a->plain_error);
    text += '\n';
  }
  if (result.show_counters && result.simulator != nullptr)
    put_counters(text, result.simulator->counters());
  return text;
}

}  // namespace tegula::cli
