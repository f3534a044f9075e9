// What is asked of a compiler, and what it answers, as bytes: the compiler may be linked in, in a
// library of its own, or in another process. A CompileRequest (tegula/compile_request.h) is one
// kind of question; the others serve the command line.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/format/bytes.h"
#include "runtime/format/entry.h"
#include "tegula/target.h"

namespace tegula::format {

/// The forms that a kernel passes through, for `tegula emit`.
enum class Stage : std::uint8_t { tile, layout, llvm, ptx, cubin, sim };
inline constexpr int stage_count = 6;

/// Asks for one stage of one Program. The target's backend is ignored: the stage decides.
struct EmitRequest {
  Bytes program;  ///< serialised
  Target target;
  Stage stage = Stage::tile;
};

struct Emitted {
  Bytes bytes;  ///< text, or a cubin
  /// Without the payload; resources are those of the cubin if an assembler was found.
  Entry entry;
};

/// An assembler on the compiler's machine.
struct AssemblerInfo {
  std::string name;     ///< "nvJitLink" or "ptxas"
  std::string version;  ///< "13.0"
  std::string path;     ///< the library or program
};

enum class RequestKind : std::uint8_t {
  compile,    ///< CompileRequest; the result is a serialised Entry
  emit,       ///< EmitRequest; the result is a serialised Emitted
  assemblers  ///< nothing more; the result is a list of AssemblerInfo, the preferred one first
};
/// Throws Error{corrupt_data} for bytes that are none of them.
RequestKind request_kind(std::span<const std::byte> request);

Bytes serialise(const EmitRequest& request);
Bytes serialise(const Emitted& emitted);
Bytes assemblers_request();
Bytes serialise(const std::vector<AssemblerInfo>& assemblers);

// Throw Error{corrupt_data} on anything wrong.
EmitRequest read_emit_request(std::span<const std::byte> bytes);
Emitted read_emitted(std::span<const std::byte> bytes);
std::vector<AssemblerInfo> read_assemblers(std::span<const std::byte> bytes);

/// What `serve` returns, or the Error, InternalError or lack of memory that it throws, as bytes
/// that cross a C interface or a pipe. Throws only std::bad_alloc.
Bytes reply(const std::function<Bytes()>& serve);
/// The inverse: returns or throws what `serve` did.
Bytes read_reply(std::span<const std::byte> reply);

}  // namespace tegula::format
