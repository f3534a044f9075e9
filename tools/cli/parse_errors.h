// What is wrong with a command line, in the words of the other messages: CLI11's own name neither
// what is wanted nor where help is.
#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace tegula::cli {

/// Throws Error{invalid_argument} if `app`, or the subcommand that is named, wants a subcommand and
/// `argv` has none, or one that does not exist.
void check_subcommands(const CLI::App& app, int argc, char** argv);

/// `error` is what parsing `app`'s line threw. Throws Error{invalid_argument}.
[[noreturn]] void throw_parse_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace tegula::cli
