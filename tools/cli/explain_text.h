// What `tegula cache explain-miss` prints.
#pragma once

#include <string>
#include <vector>

#include "runtime/cache/explain.h"

namespace tegula::cli {

struct KernelExplanation {
  cache::Key key;
  cache::Explanation explanation;
};

std::string to_text(const std::vector<KernelExplanation>& kernels);
/// {"kernels": [{"line", "outcome", "file", "problem", "differences": [{"fact", "wanted",
/// "cached"}]}]}
std::string to_json(const std::vector<KernelExplanation>& kernels);

}  // namespace tegula::cli
