// The command line as a library: a user's own program gets every subcommand of `tegula` over the
// kernels it is linked with.
#pragma once

#pragma GCC visibility push(default)
namespace tegula {

/// Runs `tegula` with main()'s arguments. Returns its exit status: 0 done; 1 the check asked for
/// failed; 2 wrong usage or input; 3 the environment lacks something. Never throws; messages go to
/// standard error, results to standard output.
int cli_main(int argc, char** argv);

}  // namespace tegula
#pragma GCC visibility pop
