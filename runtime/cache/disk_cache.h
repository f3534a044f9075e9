// The kernel cache on disk: one writable directory, and read-only ones behind it.
//
// Nothing that goes wrong here fails a launch: a file that cannot be read is a miss, a kernel that
// cannot be written stays in memory, and a warning says so once.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cache/directory.h"
#include "runtime/cache/entry_file.h"
#include "runtime/cache/key_lock.h"
#include "tegula/cache.h"

namespace tegula::cache {

struct Settings {
  /// The first is written to; the others are read-only layers. None: no cache on disk.
  std::vector<std::string> directories;
  bool only_read = false;  ///< the first is a read-only layer as well
  bool shared = false;     ///< the directories' groups are trusted (trust.h)
  std::int64_t max_bytes = std::int64_t{1} << 30;
  /// How long to wait for another process that compiles the same kernel.
  std::chrono::milliseconds patience{60000};
  std::string origin;  ///< where `directories` comes from, for people
};

/// From TEGULA_CACHE_DIR (paths separated by colons, the first one written to; empty: no cache on
/// disk; an empty first path: nothing is written), else $XDG_CACHE_HOME/tegula, else
/// $HOME/.cache/tegula; TEGULA_CACHE_SHARED=1; TEGULA_CACHE_SIZE (bytes, or with K, M, G).
Settings settings_from_environment();
/// "512M" as bytes; nothing if the text is not a size.
std::optional<std::int64_t> parse_size(std::string_view text);

class DiskCache {
 public:
  explicit DiskCache(Settings settings);

  /// The entry under this key, verified: checksum, version, the whole identity. A file that fails
  /// is set aside under another name, or skipped in a read-only layer.
  std::optional<format::Entry> find(const Identity& identity);
  /// Writes a kernel that was just made, and evicts those that were used longest ago if the
  /// directory has grown too large.
  void store(const Key& key, std::span<const std::byte> entry, std::uint32_t trace_us,
             std::uint32_t compile_us);
  /// Sets aside a file that passed its checksum, but that the device refuses.
  void quarantine(const Identity& identity, const std::string& why);
  /// Keeps other processes from making the same kernel meanwhile.
  std::unique_ptr<KeyLock> lock(const Identity& identity);

  const Settings& settings() const { return settings_; }
  /// The first is the one that is written to, unless all are read-only.
  std::vector<std::unique_ptr<Directory>>& directories() { return directories_; }
  CacheCounters counters() const;

  /// The process's cache, made from the environment at its first use.
  static DiskCache& instance();

 private:
  Directory* writable();
  void say_unusable(std::size_t directory);
  void quarantine_in(Directory& directory, const std::string& name, const std::string& why);
  void warn_once(std::atomic<bool>& said, const std::string& text);

  Settings settings_;
  std::vector<std::unique_ptr<Directory>> directories_;
  /// For each directory: whether it was reported that it, or a file in it, cannot be used.
  std::deque<std::atomic<bool>> said_unusable_, said_refusal_;
  struct Counts {
    std::atomic<std::uint64_t> hits{0}, misses{0}, stores{0}, failed_stores{0}, quarantined{0},
        evicted{0}, lock_timeouts{0};
  } counts_;
  std::atomic<std::uint64_t> stores_since_prune_{0};
  std::atomic<bool> said_unwritable_{false};
};

/// The prefix of the names of files that were set aside.
inline constexpr const char* quarantine_prefix = "bad-";

}  // namespace tegula::cache
