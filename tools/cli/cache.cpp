// `tegula cache`: the kernels on disk.
#include <ctime>
#include <memory>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "runtime/cache/disk_cache.h"
#include "runtime/cache/history.h"
#include "runtime/cache/maintenance.h"
#include "tegula/error.h"
#include "tools/cli/command.h"
#include "tools/common/standard_output.h"

namespace tegula::cli {
namespace {

using Json = nlohmann::ordered_json;
using cache::Directory;
using cache::DiskCache;

struct CacheOptions {
  bool json = false;
  bool history = false;
  std::string size;  ///< prune: bytes to keep
};

void print(const Json& json) {
  tools::put(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string time_text(std::int64_t seconds) {
  return seconds == 0 ? "-" : fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(seconds));
}

const char* state_of(Directory& directory) {
  return directory.writable() ? "writable" : directory.readable() ? "read only" : "not used";
}

struct Layer {
  std::string directory, state, why;
  cache::Usage usage;
  std::uint64_t hits = 0, compiles = 0;
};

std::vector<Layer> layers() {
  std::vector<Layer> result;
  for (const auto& directory : DiskCache::instance().directories()) {
    Layer layer{directory->path(), state_of(*directory), directory->why(),
                cache::usage(*directory)};
    for (const auto& [name, history] : cache::read_histories(*directory)) {
      layer.hits += history.hits;
      layer.compiles += history.compiles;
    }
    result.push_back(std::move(layer));
  }
  return result;
}

int stats(const CacheOptions& options) {
  const auto all = layers();
  const cache::Settings& settings = DiskCache::instance().settings();
  Json json = {{"origin", settings.origin},
               {"max_bytes", settings.max_bytes},
               {"entries", 0},
               {"bytes", 0},
               {"hits", 0},
               {"misses", 0},
               {"errors", 0},
               {"layers", Json::array()}};
  for (const Layer& layer : all) {
    json["layers"].push_back({{"directory", layer.directory},
                              {"state", layer.state},
                              {"why", layer.why},
                              {"entries", layer.usage.entries},
                              {"bytes", layer.usage.bytes},
                              {"hits", layer.hits},
                              {"misses", layer.compiles},
                              {"errors", layer.usage.quarantined},
                              {"temporaries", layer.usage.temporaries},
                              {"refused", layer.usage.refused},
                              {"refusal", layer.usage.refusal}});
    const Json& last = json["layers"].back();
    for (const char* name : {"entries", "bytes", "hits", "misses", "errors"})
      json[name] = json[name].get<std::int64_t>() + last[name].get<std::int64_t>();
  }
  if (options.json) return print(json), done;
  if (all.empty()) tools::put(fmt::format("no cache on disk ({})\n", settings.origin));
  for (const Layer& layer : all) {
    tools::put(fmt::format(
        "{} ({}{}{})\n  {} kernels, {} bytes; read {} times, compiled {} times; set aside {}\n",
        layer.directory, layer.state, layer.why.empty() ? "" : ": ", layer.why, layer.usage.entries,
        layer.usage.bytes, layer.hits, layer.compiles, layer.usage.quarantined));
    if (layer.usage.refused > 0)
      tools::put(
          fmt::format("  {} of them are not read: {}\n", layer.usage.refused, layer.usage.refusal));
  }
  return done;
}

Json json_of(const cache::Listed& listed, const std::string& directory,
             const std::optional<cache::History>& history) {
  Json json = {{"name", listed.name}, {"directory", directory}, {"bytes", listed.bytes}};
  if (!listed.problem.empty()) {
    json["problem"] = listed.problem;
    return json;
  }
  json["line"] = cache::manifest_line(listed.key);
  json["compiler"] = listed.key.identity.compiler;
  json["assembler"] = listed.entry.assembler;
  json["registers"] = listed.entry.resources.registers;
  if (!history) return json;
  json["trace_ms"] = history->trace_us / 1000.0;
  json["compile_ms"] = history->compile_us / 1000.0;
  json["compiles"] = history->compiles;
  json["hits"] = history->hits;
  json["last_use"] = history->last_use;
  return json;
}

int list(const CacheOptions& options) {
  Json json = Json::array();
  for (const auto& directory : DiskCache::instance().directories()) {
    const cache::Histories histories =
        options.history ? cache::read_histories(*directory) : cache::Histories();
    for (const cache::Listed& listed : cache::examine(*directory)) {
      std::optional<cache::History> history;
      if (options.history)
        history = histories.contains(listed.name) ? histories.at(listed.name) : cache::History();
      json.push_back(json_of(listed, directory->path(), history));
      if (options.json) continue;
      tools::put(fmt::format("{}  {}\n", listed.name,
                             listed.problem.empty() ? cache::manifest_line(listed.key)
                                                    : "damaged: " + listed.problem));
      if (history)
        tools::put(fmt::format(
            "  traced in {:.2f} ms, compiled in {:.1f} ms, {} times; read {} times; last use {}\n",
            history->trace_us / 1000.0, history->compile_us / 1000.0, history->compiles,
            history->hits, time_text(history->last_use)));
    }
  }
  if (options.json) print({{"entries", json}});
  return done;
}

int verify(const CacheOptions& options) {
  Json damaged = Json::array();
  std::uint64_t sound = 0;
  for (const auto& directory : DiskCache::instance().directories())
    for (const cache::Listed& listed : cache::examine(*directory)) {
      if (listed.problem.empty()) {
        ++sound;
        continue;
      }
      damaged.push_back(json_of(listed, directory->path(), std::nullopt));
      if (!options.json)
        tools::put(fmt::format("{}/{}: {}\n", directory->path(), listed.name, listed.problem));
    }
  if (options.json)
    print({{"sound", sound}, {"damaged", damaged}});
  else
    tools::put(fmt::format("{} sound, {} damaged\n", sound, damaged.size()));
  return damaged.empty() ? done : check_failed;
}

/// The directory that is written to; throws if there is none.
Directory& own_directory() {
  auto& directories = DiskCache::instance().directories();
  const cache::Settings& settings = DiskCache::instance().settings();
  if (directories.empty() || !directories.front()->writable())
    throw Error(ErrorCode::environment,
                {.where = "tegula cache",
                 .problem = "there is no cache directory to write to",
                 .got = directories.empty() ? settings.origin
                        : settings.only_read
                            ? settings.origin + " names none before its first colon"
                            : directories.front()->path() + ": " + directories.front()->why(),
                 .hint = "set TEGULA_CACHE_DIR"});
  return *directories.front();
}

int report(const CacheOptions& options, const cache::Pruned& pruned) {
  if (options.json)
    print({{"entries", pruned.entries},
           {"quarantined", pruned.quarantined},
           {"temporaries", pruned.temporaries},
           {"bytes", pruned.bytes},
           {"bytes_left", pruned.bytes_left}});
  else
    tools::put(fmt::format("removed {} kernels, {} set aside, {} temporaries: {} bytes; {} left\n",
                           pruned.entries, pruned.quarantined, pruned.temporaries, pruned.bytes,
                           pruned.bytes_left));
  return done;
}

int prune(const CacheOptions& options) {
  std::int64_t size = DiskCache::instance().settings().max_bytes;
  if (!options.size.empty()) {
    const auto given = cache::parse_size(options.size);
    if (!given)
      usage_error("--size", "no size", "'" + options.size + "'", "bytes, or with K, M, G");
    size = *given;
  }
  return report(options, cache::prune(own_directory(), size));
}

}  // namespace

void add_cache(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("cache", "the kernels on disk");
  command->require_subcommand(1);
  auto options = std::make_shared<CacheOptions>();
  const auto add = [&](const char* name, const char* description, auto run) {
    CLI::App* sub = command->add_subcommand(name, description);
    sub->add_flag("--json", options->json, "one JSON object on standard output");
    sub->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
    return sub;
  };
  add("stats", "how many kernels, how large, how often of use", stats);
  add("ls", "every kernel and what it was compiled for", list)
      ->add_flag("--history", options->history, "how fast it was made, how often read, last use");
  add("verify", "reads and checks every kernel; exit 1 and its name if one is damaged", verify);
  add("prune", "removes what was of use longest ago", prune)
      ->add_option("--size", options->size, "bytes to keep, or with K, M, G (TEGULA_CACHE_SIZE)");
  add_explain_miss(*command, action);
  add("clear", "removes every kernel",
      [](const CacheOptions& o) { return report(o, cache::clear(own_directory())); });
}

}  // namespace tegula::cli
