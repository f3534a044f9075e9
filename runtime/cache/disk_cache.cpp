#include "runtime/cache/disk_cache.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "runtime/cache/history.h"
#include "runtime/cache/maintenance.h"
#include "tegula/error.h"
#include "tegula/log.h"

namespace tegula::cache {
namespace {

constexpr std::int64_t seconds_a_day = 86400;
/// Pruning lists the directory, which costs more than writing a kernel: it is done at the first
/// store and then once every so many.
constexpr std::uint64_t stores_a_prune = 32;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view();
}

/// "/own:/layer": the first is written to; if nothing precedes the first colon, none is.
void set_directories(Settings& settings, std::string_view text) {
  settings.only_read = text.starts_with(':');
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon != 0) settings.directories.emplace_back(text.substr(0, colon));
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  }
}

}  // namespace

std::optional<std::int64_t> parse_size(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.end() - end));
  const int shift = unit == "" ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (shift < 0 || value > (std::int64_t{1} << 62) >> shift) return std::nullopt;
  return value << shift;
}

Settings settings_from_environment() {
  Settings settings;
  const auto shared = variable("TEGULA_CACHE_SHARED");
  settings.shared = shared == "1";
  if (!shared.empty() && shared != "0" && shared != "1")
    log(LogLevel::warn,
        fmt::format("TEGULA_CACHE_SHARED={} is taken as 0 (wanted 0 or 1)", shared));
  if (const auto size = variable("TEGULA_CACHE_SIZE"); !size.empty()) {
    if (const auto bytes = parse_size(size))
      settings.max_bytes = *bytes;
    else
      log(LogLevel::warn, fmt::format("TEGULA_CACHE_SIZE={} is no size (wanted bytes, or a number "
                                      "with K, M or G); {} bytes are used",
                                      size, settings.max_bytes));
  }
  if (std::getenv("TEGULA_CACHE_DIR") != nullptr) {
    set_directories(settings, variable("TEGULA_CACHE_DIR"));
    settings.origin = "TEGULA_CACHE_DIR";
  } else if (const auto cache = variable("XDG_CACHE_HOME"); cache.starts_with('/')) {
    settings.directories = {fmt::format("{}/tegula", cache)};
    settings.origin = "XDG_CACHE_HOME";
  } else if (const auto home = variable("HOME"); home.starts_with('/')) {
    settings.directories = {fmt::format("{}/.cache/tegula", home)};
    settings.origin = "HOME";
  } else {
    settings.origin = "neither TEGULA_CACHE_DIR nor XDG_CACHE_HOME nor HOME is set";
  }
  return settings;
}

DiskCache::DiskCache(Settings settings) : settings_(std::move(settings)) {
  for (std::size_t k = 0; k < settings_.directories.size(); ++k) {
    const bool written = k == 0 && !settings_.only_read;
    directories_.push_back(std::make_unique<Directory>(
        settings_.directories[k], written ? Directory::Access::write : Directory::Access::read,
        settings_.shared));
    said_unusable_.emplace_back(false);
    said_refusal_.emplace_back(false);
  }
}

void DiskCache::warn_once(std::atomic<bool>& said, const std::string& text) {
  if (!said.exchange(true)) log(LogLevel::warn, text);
}

Directory* DiskCache::writable() {
  return !directories_.empty() && directories_.front()->writable() ? directories_.front().get()
                                                                   : nullptr;
}

/// A missing layer is not reported: this machine may not need it.
void DiskCache::say_unusable(std::size_t k) {
  Directory& directory = *directories_[k];
  const bool written = k == 0 && !settings_.only_read;
  if (said_unusable_[k].exchange(true)) return;
  log(written || !directory.absent() ? LogLevel::warn : LogLevel::info,
      fmt::format("{} is not used: {}{}", directory.path(), directory.why(),
                  written ? "; kernels are kept in memory only" : ""));
}

std::optional<format::Entry> DiskCache::find(const Identity& identity) {
  const std::string name = name_of(identity);
  for (std::size_t k = 0; k < directories_.size(); ++k) {
    const auto& directory = directories_[k];
    if (!directory->readable()) say_unusable(k);
    std::int64_t modified = 0;
    std::string refusal;
    const auto bytes = directory->read(name, &modified, &refusal);
    if (!refusal.empty())
      warn_once(said_refusal_[k],
                fmt::format("{}/{} is not read: {}; said once, `tegula cache verify` lists all",
                            directory->path(), name, refusal));
    if (!bytes) continue;
    try {
      const EntryFile file = unseal(*bytes);
      if (file.key.identity != identity)
        throw Error(ErrorCode::corrupt_data, {.problem = "the file holds another key's kernel"});
      format::Entry entry = format::read_entry(file.entry);
      if (directory->writable()) {
        if (std::abs(::time(nullptr) - modified) > seconds_a_day) directory->touch(name);
        note_hit(*directory, name);
      }
      ++counts_.hits;
      if (log_level() >= LogLevel::debug)
        log(LogLevel::debug, fmt::format("read {}/{}", directory->path(), name));
      return entry;
    } catch (const Error& error) {
      quarantine_in(*directory, name, error.details().problem);
    }
  }
  ++counts_.misses;
  return std::nullopt;
}

void DiskCache::store(const Key& key, std::span<const std::byte> entry, std::uint32_t trace_us,
                      std::uint32_t compile_us) {
  if (directories_.empty() || settings_.only_read) return;
  Directory& directory = *directories_.front();
  if (!directory.readable()) {
    ++counts_.failed_stores;
    return say_unusable(0);
  }
  const std::string name = name_of(key.identity);
  if (!directory.publish(name, seal(key, entry))) {
    const int problem = errno;
    ++counts_.failed_stores;
    return warn_once(
        said_unwritable_,
        fmt::format("a kernel could not be written to {}: {}; it is kept in memory",
                    directory.path(),
                    directory.why().empty() ? std::strerror(problem) : directory.why()));
  }
  ++counts_.stores;
  if (log_level() >= LogLevel::debug)
    log(LogLevel::debug, fmt::format("wrote {}/{}", directory.path(), name));
  note_compile(directory, name, trace_us, compile_us);
  if (stores_since_prune_.fetch_add(1) % stores_a_prune == 0)
    counts_.evicted += prune(directory, settings_.max_bytes).entries;
}

void DiskCache::quarantine_in(Directory& directory, const std::string& name,
                              const std::string& why) {
  ++counts_.quarantined;
  const bool moved = directory.rename(name, quarantine_prefix + name);
  log(LogLevel::warn,
      fmt::format("{}/{}: {}; {}the kernel has to be compiled again", directory.path(), name, why,
                  moved ? "the file is set aside as bad-*, " : ""));
}

void DiskCache::quarantine(const Identity& identity, const std::string& why) {
  if (Directory* directory = writable()) quarantine_in(*directory, name_of(identity), why);
}

std::unique_ptr<KeyLock> DiskCache::lock(const Identity& identity) {
  auto result = std::make_unique<KeyLock>(writable(), identity, settings_.patience);
  if (result->outcome() == KeyLock::Outcome::timed_out) ++counts_.lock_timeouts;
  return result;
}

CacheCounters DiskCache::counters() const {
  return {counts_.hits,        counts_.misses,  counts_.stores,       counts_.failed_stores,
          counts_.quarantined, counts_.evicted, counts_.lock_timeouts};
}

DiskCache& DiskCache::instance() {
  // Never destroyed: a kernel may be launched from another static object's destructor.
  static auto* cache = new DiskCache(settings_from_environment());
  return *cache;
}

}  // namespace tegula::cache

namespace tegula {

CacheCounters cache_counters() { return cache::DiskCache::instance().counters(); }

}  // namespace tegula
