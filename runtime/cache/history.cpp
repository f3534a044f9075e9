#include "runtime/cache/history.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <functional>
#include <set>
#include <vector>

namespace tegula::cache {
namespace {

/// How many records compacting leaves, so that it is not due again soon.
constexpr std::size_t kept_records = max_history_bytes / 2 / 64;

struct Record {
  std::array<char, 32> name{};
  std::uint32_t compiles = 0, hits = 0, trace_us = 0, compile_us = 0;
  std::int64_t time = 0;
  std::uint64_t check = 0;  ///< of all before it: a torn record is recognised
};
static_assert(sizeof(Record) == 64 && kept_records * sizeof(Record) <= max_history_bytes);

std::uint64_t check_of(const Record& record) {
  return format::hash128(std::as_bytes(std::span(&record, 1)).first(sizeof(Record) - 8)).low;
}

Record make_record(const std::string& name, const History& history) {
  Record record;
  std::memcpy(record.name.data(), name.data(), std::min(name.size(), record.name.size()));
  record.compiles = history.compiles;
  record.hits = history.hits;
  record.trace_us = history.trace_us;
  record.compile_us = history.compile_us;
  record.time = history.last_use;
  record.check = check_of(record);
  return record;
}

void add(Directory& directory, const std::string& name, const History& history) {
  const Record record = make_record(name, history);
  const auto bytes = directory.append(history_file, std::as_bytes(std::span(&record, 1)));
  if (bytes && *bytes > max_history_bytes) compact_histories(directory);
}

}  // namespace

void note_compile(Directory& directory, const std::string& name, std::uint32_t trace_us,
                  std::uint32_t compile_us) {
  add(directory, name,
      {.compiles = 1, .trace_us = trace_us, .compile_us = compile_us, .last_use = ::time(nullptr)});
}

void note_hit(Directory& directory, const std::string& name) {
  add(directory, name, {.hits = 1, .last_use = ::time(nullptr)});
}

Histories read_histories(Directory& directory) {
  Histories histories;
  const auto bytes = directory.read(history_file);
  if (!bytes) return histories;
  for (std::size_t at = 0; at + sizeof(Record) <= bytes->size();) {
    Record record;
    std::memcpy(&record, bytes->data() + at, sizeof(Record));
    if (record.check != check_of(record)) {
      ++at;  // torn by a crash: the next one begins somewhere after it
      continue;
    }
    at += sizeof(Record);
    History& history = histories[std::string(record.name.begin(), record.name.end())];
    history.compiles += record.compiles;
    history.hits += record.hits;
    if (record.compiles > 0) {
      history.trace_us = record.trace_us;
      history.compile_us = record.compile_us;
    }
    history.last_use = std::max(history.last_use, record.time);
  }
  return histories;
}

void compact_histories(Directory& directory) {
  std::set<std::string> present;
  for (const FileInfo& file : directory.list()) present.insert(file.name);
  std::vector<Record> records;
  for (const auto& [name, history] : read_histories(directory))
    if (present.contains(name)) records.push_back(make_record(name, history));
  std::ranges::sort(records, std::greater(), &Record::time);
  records.resize(std::min(records.size(), kept_records));
  directory.publish(history_file, std::as_bytes(std::span(records)));
}

}  // namespace tegula::cache
