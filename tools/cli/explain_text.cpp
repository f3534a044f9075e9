#include "tools/cli/explain_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;
using Outcome = cache::Explanation::Outcome;

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::hit:
      return "hit";
    case Outcome::damaged:
      return "damaged";
    case Outcome::miss:
      return "miss";
    case Outcome::unknown:
      return "unknown";
  }
  return "";
}

std::string text_of(const cache::Explanation& e) {
  if (e.outcome == Outcome::hit) return fmt::format("  held: {}\n", e.file);
  if (e.outcome == Outcome::damaged)
    return fmt::format("  the file is damaged and would be compiled anew: {}: {}\n", e.file,
                       e.problem);
  if (e.outcome == Outcome::unknown) return "  no kernel of this name is held\n";
  std::string text = fmt::format("  not held; the nearest is {}\n", e.file);
  for (const cache::Difference& d : e.differences)
    text += fmt::format("    {:<16} wanted {}, held {}\n", d.fact,
                        d.wanted.empty() ? "none" : d.wanted, d.cached.empty() ? "none" : d.cached);
  return text;
}

}  // namespace

std::string to_text(const std::vector<KernelExplanation>& kernels) {
  std::string text;
  for (const KernelExplanation& kernel : kernels)
    text += cache::manifest_line(kernel.key) + "\n" + text_of(kernel.explanation);
  return text.empty() ? "the call launches no kernel\n" : text;
}

std::string to_json(const std::vector<KernelExplanation>& kernels) {
  Json list = Json::array();
  for (const auto& [key, e] : kernels) {
    Json differences = Json::array();
    for (const cache::Difference& d : e.differences)
      differences.push_back({{"fact", d.fact}, {"wanted", d.wanted}, {"cached", d.cached}});
    list.push_back({{"line", cache::manifest_line(key)},
                    {"outcome", name_of(e.outcome)},
                    {"file", e.file},
                    {"problem", e.problem},
                    {"differences", differences}});
  }
  return Json{{"kernels", list}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tegula::cli
