#include "runtime/format/architecture.h"

#include <array>
#include <charconv>

namespace tegula::format {
namespace {

// Shared memory: CUDA C++ Programming Guide, "Compute Capabilities".
constexpr std::int64_t kib = 1024;
constexpr std::array<Architecture, 10> table = {{
    {"sm_80", 80, "A100", 108, 163 * kib},
    {"sm_86", 86, "RTX A6000", 84, 99 * kib},
    {"sm_89", 89, "RTX 4090", 128, 99 * kib},
    {"sm_90", 90, "H100", 132, 227 * kib},
    {"sm_90a", 90, "H100", 132, 227 * kib},
    {"sm_100", 100, "B200", 148, 227 * kib},
    {"sm_100a", 100, "B200", 148, 227 * kib},
    {"sm_103a", 103, "B300", 160, 227 * kib},
    {"sm_120", 120, "RTX PRO 6000 Blackwell", 188, 99 * kib},
    {"sm_121", 121, "GB10", 48, 99 * kib},
}};

}  // namespace

std::span<const Architecture> architectures() { return table; }

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& a : table)
    if (a.name == name) return &a;
  return nullptr;
}

std::string architecture_names() {
  std::string names;
  for (const Architecture& a : table) names.append(names.empty() ? "" : ", ").append(a.name);
  return names;
}

std::optional<int> compute_of(std::string_view name) {
  constexpr std::string_view prefix = "sm_";
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  int compute = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), compute);
  const auto digits = static_cast<std::size_t>(end - name.data());
  if (error != std::errc() || digits < 2 || digits > 3 || compute < 10) return std::nullopt;
  const std::string_view suffix = name.substr(digits);
  if (!suffix.empty() && suffix != "a" && suffix != "f") return std::nullopt;
  return compute;
}

}  // namespace tegula::format
