// The history of each kernel across processes: how long it took to make, how often it was read.
//
// A file of fixed-size records, each appended by one write. It is a log, not an index: launches do
// not read it, and records that a crash destroys are merely not counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/cache/directory.h"

namespace tegula::cache {

struct History {
  std::uint32_t compiles = 0;
  std::uint32_t hits = 0;        ///< processes that read it from disk
  std::uint32_t trace_us = 0;    ///< of the last compile, microseconds
  std::uint32_t compile_us = 0;  ///< of the last compile, microseconds, tracing not counted
  std::int64_t last_use = 0;     ///< seconds since 1970
};

/// By file name.
using Histories = std::map<std::string, History>;

void note_compile(Directory& directory, const std::string& name, std::uint32_t trace_us,
                  std::uint32_t compile_us);
void note_hit(Directory& directory, const std::string& name);

/// The histories in the directory's log. Damaged records are skipped.
Histories read_histories(Directory& directory);
/// Rewrites the log with one record for each kernel that is still there: the most recently used
/// ones, as many as fit into half of max_history_bytes. Whoever appends beyond max_history_bytes
/// calls this.
void compact_histories(Directory& directory);

inline constexpr const char* history_file = "history";
inline constexpr std::int64_t max_history_bytes = std::int64_t{1} << 20;

}  // namespace tegula::cache
