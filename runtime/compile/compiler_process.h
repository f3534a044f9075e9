// TEGULA_COMPILE=process: each kernel is compiled by a process of its own, `tegula-compile`, which
// takes one question and gives one reply (runtime/format/compiler_call.h) over its standard input
// and output.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tegula::runtime {

/// Whether TEGULA_COMPILE says so. Throws Error{invalid_argument} unless it is "inline", "process",
/// or empty.
bool compiles_in_a_process();

/// Where tegula-compile is; "" if it is not there.
std::string compiler_program();

/// What tegula-compile writes: its build's identity, then the reply.
std::vector<std::byte> signed_reply(std::span<const std::byte> reply);

/// The reply's answer, or what it throws. Throws Error{environment} where tegula-compile is not
/// there, is of another build, cannot be started, crashes (with the end of what it wrote to
/// standard error), or takes longer than ten minutes and is killed, with all that it started.
std::vector<std::byte> ask_process(std::span<const std::byte> question);
/// The same where the compiler inside this process cannot be asked, which errors of the environment
/// then say: `why`, and what to do about it.
std::vector<std::byte> ask_process_instead(std::span<const std::byte> question,
                                           const std::string& why, const std::string& hint);
/// The same by the program at `path`, which gets `seconds`.
std::vector<std::byte> ask_process(std::span<const std::byte> question, const std::string& path,
                                   double seconds);

}  // namespace tegula::runtime
