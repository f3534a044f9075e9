// What the subcommands share: exit statuses and how each one enters the command line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace tegula::cli {

enum ExitStatus : int { done = 0, check_failed = 1, wrong_usage = 2, environment_lacks = 3 };

/// What to do once the command line is parsed; returns an exit status.
using Action = std::function<int()>;

/// Each adds its subcommand to `app`, which sets `action` if it is chosen.
void add_doctor(CLI::App& app, Action& action);
void add_kernels(CLI::App& app, Action& action);
void add_ops(CLI::App& app, Action& action);
void add_emit(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_explain_miss(CLI::App& cache, Action& action);
void add_cache(CLI::App& app, Action& action);
/// The subcommands of the contract that this version has not: each is a clear error.
void add_later(CLI::App& app, Action& action);

/// Throws Error{invalid_argument}.
[[noreturn]] void usage_error(std::string argument, std::string problem, std::string got = {},
                              std::string wanted = {}, std::string hint = {});

}  // namespace tegula::cli
