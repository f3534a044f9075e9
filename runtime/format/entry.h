// An entry: one compiled kernel with all that is needed to launch it. The compiler returns it, a
// device loads it, a cache holds it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/format/launch_record.h"

namespace tegula::format {

inline constexpr std::uint32_t entry_version = 3;

enum class PayloadKind : std::uint8_t { cubin = 0, ptx = 1, image = 2 };
inline constexpr int payload_kind_count = 3;

/// The resources of the binary, as the assembler reports them. -1: not known (a simulator image, or
/// PTX left to the driver).
struct Resources {
  std::int64_t registers = -1;          ///< per thread
  std::int64_t spill_store_bytes = -1;  ///< per thread
  std::int64_t spill_load_bytes = -1;   ///< per thread
  std::int64_t shared_bytes = -1;       ///< per block, static and dynamic
  std::int64_t stack_bytes = -1;        ///< per thread
  std::int64_t barriers = -1;           ///< named barriers used
};

struct Remark {
  std::string pass, location, text;
};

struct Entry {
  Hash128 program;   ///< content_hash of the Program it was made from
  std::string arch;  ///< "sm_90a"
  PayloadKind payload_kind = PayloadKind::cubin;
  std::string assembler;  ///< "nvJitLink 13.0", "ptxas 13.0", "" for an image
  Bytes payload;
  Resources resources;
  LaunchRecord launch;
  std::vector<std::pair<std::string, double>> milliseconds;  ///< by compile phase, in order
  std::vector<Remark> remarks;
};

/// Magic, version, checksum, fields.
Bytes serialise(const Entry& entry);
/// Throws Error{corrupt_data} on anything wrong: magic, version, checksum, structure.
Entry read_entry(std::span<const std::byte> bytes);

}  // namespace tegula::format
