// The key under which a kernel is found on disk.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/format/bytes.h"
#include "tegula/target.h"

namespace tegula::cache {

/// Kernels with equal identities are the same binary. It has no host name, device ordinal or time.
struct Identity {
  format::Hash128 program;  ///< content_hash of the Program: every fact that it was traced for
  Target target;
  std::string compiler;  ///< compiler_identity()
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// What the kernel was traced for, for readers and for manifests, in order: the kernel's name, each
/// tensor ("x", "*x4096:bf16@4096,1%16": shape, dtype, strides, alignment; "" if absent), tensors
/// that share memory ("y.is", "x"; "y.overlaps", "x"), each config field ("config.bn", "1024").
using Facts = std::vector<std::pair<std::string, std::string>>;

struct Key {
  Identity identity;
  Facts facts;
};

/// The file's name: 32 lower-case hexadecimal digits.
std::string name_of(const Identity& identity);
/// Whether `name` has the form that name_of gives.
bool is_name(const std::string& name);

/// "rms_norm_fwd x=*x4096:bf16@4096,1%16 ... config=rows:1,bn:4096 arch=sm_90a".
std::string manifest_line(const Key& key);

void write(format::Writer& writer, const Key& key);
Key read_key(format::Reader& reader);

/// The build of the compiler that this library belongs to: a hash of its sources and LLVM's
/// version. Both halves of Tegula are built with it, so no compiler has to be loaded to know it.
std::string compiler_identity();

}  // namespace tegula::cache
