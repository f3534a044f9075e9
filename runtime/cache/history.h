// What became of each kernel over the processes that used it: made how fast, read how often.
//
// A file of records of one size, each added by one write. It is a diary, not an index: nothing is
// looked up in it to launch a kernel, and records lost in a crash are only not counted.
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

/// What the directory's diary says. Damaged records are skipped.
Histories read_histories(Directory& directory);
/// Writes the diary anew, one record for each kernel that is still there: of those that were of use
/// last, as many as half of max_history_bytes hold. Whoever adds beyond that size does so.
void compact_histories(Directory& directory);

inline constexpr const char* history_file = "history";
inline constexpr std::int64_t max_history_bytes = std::int64_t{1} << 20;

}  // namespace tegula::cache
