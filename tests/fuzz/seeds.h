// The inputs that fuzzing starts from and that ctest runs, as bytes of today's formats.
#pragma once

#include <map>
#include <string>

#include "runtime/format/bytes.h"

namespace tegula::fuzz {

using Seeds = std::map<std::string, format::Bytes>;  ///< by name

/// Those that code builds for a fuzz target ("image", "entry", "launch_record", "program"): images
/// in which every opcode occurs, small pipelines of asynchronous copies, a sample of all else.
Seeds built_seeds(const std::string& target);

/// Adds those of a text:
///   NAME FORMAT {fields}                    image, entry, cache_file, launch_record or program
///   NAME like OTHER [{at 8 drop 1 put "x"}] an earlier seed with bytes replaced: damage that no
///   field
///                                           can say. Offsets are in OTHER, in ascending order
/// They are written as today's format has them, whether they are valid or not. Throws
/// std::runtime_error, naming the line.
void add_seeds(std::string_view text, const std::string& file, Seeds& seeds);

/// `FORMAT {fields}` of bytes that are valid; empty if they are not.
std::string describe(const std::string& format, std::span<const std::byte> bytes);

}  // namespace tegula::fuzz
