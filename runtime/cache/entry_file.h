// A cache file: one kernel under its key, sealed by a checksum over all of it.
//
//   u32 magic "TGLC", u32 version, u128 checksum of what follows
//   key          identity and facts (key.h)
//   blob         a serialised Entry (runtime/format/entry.h), which has a checksum of its own
#pragma once

#include <span>

#include "runtime/cache/key.h"
#include "runtime/format/entry.h"

namespace tegula::cache {

inline constexpr std::uint32_t entry_file_version = 1;

struct EntryFile {
  Key key;
  format::Bytes entry;
};

format::Bytes seal(const Key& key, std::span<const std::byte> entry);
/// Throws Error{corrupt_data} on anything wrong.
EntryFile unseal(std::span<const std::byte> bytes);

}  // namespace tegula::cache
