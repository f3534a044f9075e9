// Maintenance of a cache directory: its size, its state, its contents.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cache/directory.h"
#include "runtime/cache/entry_file.h"

namespace tegula::cache {

struct Pruned {
  std::uint64_t entries = 0, temporaries = 0, quarantined = 0;
  std::int64_t bytes = 0;       ///< freed
  std::int64_t bytes_left = 0;  ///< of entries
};
/// Evicts the entries that were used longest ago until at most `max_bytes` are left, and removes
/// temporaries and quarantined files older than an hour.
Pruned prune(Directory& directory, std::int64_t max_bytes);

/// Removes all files that the cache puts there, and nothing else.
Pruned clear(Directory& directory);

struct Usage {
  std::uint64_t entries = 0, quarantined = 0, temporaries = 0;
  std::int64_t bytes = 0;     ///< of entries
  std::uint64_t refused = 0;  ///< entries that are not read: not trusted, or they cannot be opened
  std::string refusal;        ///< the first of them, and the reason
};
Usage usage(Directory& directory);

/// One entry as `ls` and `verify` see it.
struct Listed {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t last_use = 0;  ///< seconds since 1970, to a day
  std::string problem;        ///< "" if the file is sound
  Key key;                    ///< of a sound file
  format::Entry entry;        ///< of a sound file, its payload left out
};
/// Reads and verifies every entry. One that is bad does not stop the rest.
std::vector<Listed> examine(Directory& directory);

}  // namespace tegula::cache
