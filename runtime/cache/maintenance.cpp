#include "runtime/cache/maintenance.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/history.h"
#include "tegula/error.h"

namespace tegula::cache {
namespace {

/// No writer takes this long; a clock that is off by more only costs a recompilation.
constexpr std::int64_t old_seconds = 3600;

bool is_quarantined(const std::string& name) { return name.starts_with(quarantine_prefix); }

}  // namespace

Pruned prune(Directory& directory, std::int64_t max_bytes) {
  Pruned result;
  std::vector<FileInfo> entries;
  const std::int64_t now = ::time(nullptr);
  for (FileInfo& file : directory.list()) {
    const bool old = now - file.modified > old_seconds;
    if (is_name(file.name)) {
      result.bytes_left += file.bytes;
      entries.push_back(std::move(file));
    } else if (old && is_temporary(file.name) && directory.remove(file.name)) {
      ++result.temporaries;
    } else if (old && is_quarantined(file.name) && directory.remove(file.name)) {
      ++result.quarantined;
    }
  }
  std::sort(entries.begin(), entries.end(), [](const FileInfo& a, const FileInfo& b) {
    return std::pair(a.modified, a.name) < std::pair(b.modified, b.name);
  });
  for (const FileInfo& file : entries) {
    if (result.bytes_left <= max_bytes) break;
    if (directory.remove(file.name)) {
      ++result.entries;
      result.bytes += file.bytes;
    } else if (errno != ENOENT) {
      continue;
    }
    // Also if another process that prunes has removed it first.
    result.bytes_left -= file.bytes;
  }
  return result;
}

Pruned clear(Directory& directory) {
  Pruned result;
  for (const FileInfo& file : directory.list()) {
    const bool ours = is_name(file.name) || is_temporary(file.name) || is_quarantined(file.name) ||
                      file.name == history_file || file.name == lock_file;
    if (!ours || !directory.remove(file.name)) continue;
    if (is_name(file.name)) ++result.entries;
    if (is_temporary(file.name)) ++result.temporaries;
    if (is_quarantined(file.name)) ++result.quarantined;
    result.bytes += file.bytes;
  }
  return result;
}

Usage usage(Directory& directory) {
  Usage result;
  for (const FileInfo& file : directory.list()) {
    if (is_name(file.name)) {
      ++result.entries;
      result.bytes += file.bytes;
      const std::string why = directory.refusal(file.name);
      if (!why.empty() && ++result.refused == 1) result.refusal = file.name + ": " + why;
    }
    if (is_temporary(file.name)) ++result.temporaries;
    if (is_quarantined(file.name)) ++result.quarantined;
  }
  return result;
}

std::vector<Listed> examine(Directory& directory) {
  std::vector<Listed> result;
  for (FileInfo& file : directory.list()) {
    if (!is_name(file.name)) continue;
    Listed listed{file.name, file.bytes, file.modified, {}, {}, {}};
    try {
      std::string refusal;
      const auto bytes = directory.read(file.name, nullptr, &refusal);
      if (!bytes)
        throw Error(ErrorCode::corrupt_data, {.problem = "the file cannot be read" +
                                                         (refusal.empty() ? "" : ": " + refusal)});
      EntryFile content = unseal(*bytes);
      if (name_of(content.key.identity) != file.name)
        throw Error(ErrorCode::corrupt_data, {.problem = "the file holds another key's kernel"});
      listed.key = std::move(content.key);
      listed.entry = format::read_entry(content.entry);
      listed.entry.payload.clear();
    } catch (const Error& error) {
      listed.problem = error.details().problem;
    }
    result.push_back(std::move(listed));
  }
  std::sort(result.begin(), result.end(),
            [](const Listed& a, const Listed& b) { return a.name < b.name; });
  return result;
}

}  // namespace tegula::cache
