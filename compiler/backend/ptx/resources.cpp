#include "compiler/backend/ptx/resources.h"

#include <fmt/format.h>

#include <regex>

#include "runtime/format/architecture.h"
#include "tegula/error.h"

namespace tegula::compiler {

format::Resources parse_resources(std::string_view log) {
  const auto number = [&](const char* pattern, std::int64_t absent) {
    std::cmatch match;
    if (!std::regex_search(log.data(), log.data() + log.size(), match, std::regex(pattern)))
      return absent;
    return static_cast<std::int64_t>(std::stoll(match[1].str()));
  };
  format::Resources resources;
  resources.registers = number(R"(Used (\d+) registers)", -1);
  if (resources.registers < 0) return resources;
  resources.stack_bytes = number(R"((\d+) bytes stack frame)", 0);
  resources.spill_store_bytes = number(R"((\d+) bytes spill stores)", 0);
  resources.spill_load_bytes = number(R"((\d+) bytes spill loads)", 0);
  resources.shared_bytes = number(R"((\d+) bytes smem)", 0);
  resources.barriers = number(R"(used (\d+) barriers)", 0);
  return resources;
}

void check_resources(format::Entry& entry, const std::string& config) {
  // Registers are allocated to warps in units of 8 a thread: CUDA's occupancy calculator.
  constexpr std::int64_t unit = 8;
  const format::Resources& used = entry.resources;
  const std::int64_t each = (used.registers + unit - 1) / unit * unit;
  const std::int64_t block = each * entry.launch.threads;
  if (block > format::registers_per_block)
    throw Error(
        ErrorCode::out_of_resources,
        {.where = entry.launch.function,
         .argument = config,
         .problem = "a block needs more registers than a multiprocessor has",
         .got = fmt::format("{} threads of {} registers: {}", entry.launch.threads, each, block),
         .wanted = fmt::format("at most {} on {}", format::registers_per_block, entry.arch),
         .hint = "use smaller tiles, or fewer warps"});
  if (used.spill_store_bytes <= 0 && used.spill_load_bytes <= 0) return;
  entry.remarks.push_back(
      {"assemble", "",
       fmt::format("{} does not fit into {} registers a thread: {} bytes are stored to memory and "
                   "{} loaded back; use smaller tiles, or more warps",
                   entry.launch.function, used.registers, used.spill_store_bytes,
                   used.spill_load_bytes)});
}

}  // namespace tegula::compiler
