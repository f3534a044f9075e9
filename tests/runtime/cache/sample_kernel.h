// A kernel that takes no compiler to make, under any of many keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cache/disk_cache.h"
#include "runtime/launch/kernel_source.h"
#include "tests/runtime/format/sample_entry.h"

namespace tegula::testing {

inline cache::Key sample_key(std::uint64_t number) {
  cache::Key key;
  key.identity = {{number, 7}, {Target::Backend::sim, "sm_80"}, cache::compiler_identity()};
  key.facts = {{"kernel", "scale"},
               {"x", "*x4096:f32@4096,1%16"},
               {"bias", ""},
               {"config.bn", std::to_string(number)}};
  return key;
}

/// Entries differ by their payload, which repeats the number: a mix-up or a torn file shows.
inline format::Entry sample_entry(std::uint64_t number, std::size_t payload_bytes = 2000) {
  format::Entry entry = testing::sample_entry();
  entry.program = {number, 7};
  entry.arch = "sm_80";
  entry.payload.clear();
  for (std::size_t k = 0; k < payload_bytes; ++k)
    entry.payload.push_back(static_cast<std::byte>(number + k % 13));
  return entry;
}
inline std::vector<std::byte> sample_bytes(std::uint64_t number, std::size_t payload_bytes = 2000) {
  return format::serialise(sample_entry(number, payload_bytes));
}
inline bool is_sample(const format::Entry& entry, std::uint64_t number,
                      std::size_t payload_bytes = 2000) {
  return format::serialise(entry) == sample_bytes(number, payload_bytes);
}

/// Of a kernel that is ready: the device has the payload.
inline bool is_sample(const runtime::ReadyKernel& kernel, std::uint64_t number) {
  format::Entry wanted = sample_entry(number);
  wanted.payload.clear();
  return format::serialise(kernel.entry) == format::serialise(wanted);
}

inline cache::Settings settings_in(const std::string& directory) {
  cache::Settings settings;
  settings.directories = {directory};
  settings.origin = "test";
  return settings;
}

inline void store_sample(cache::DiskCache& cache, std::uint64_t number,
                         std::size_t payload_bytes = 2000) {
  cache.store(sample_key(number), sample_bytes(number, payload_bytes), 100, 2000);
}

}  // namespace tegula::testing
