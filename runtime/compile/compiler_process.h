// TEGULA_COMPILE=process: each kernel is compiled by a process of its own, `tegula-compile`, which
// reads one request from standard input and writes one reply (runtime/format/compiler_call.h) to
// standard output.
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

/// Returns the reply's result, or throws the error in it. Throws Error{environment} if
/// tegula-compile is not there, is of another build, cannot be started, crashes (with the end of
/// what it wrote to standard error), or takes longer than ten minutes and is killed, with all that
/// it started.
std::vector<std::byte> call_process(std::span<const std::byte> request);
/// The same where the compiler inside this process cannot be called; errors of the environment then
/// say `why`, and what to do about it.
std::vector<std::byte> call_process_instead(std::span<const std::byte> request,
                                            const std::string& why, const std::string& hint);
/// The same with the program at `path`, which is given `seconds`.
std::vector<std::byte> call_process(std::span<const std::byte> request, const std::string& path,
                                    double seconds);

}  // namespace tegula::runtime
