#include "tegula/cli.h"

#include <cstdio>
#include <new>
#include <sstream>

#include <CLI/CLI.hpp>

#include "tegula/error.h"
#include "tools/cli/command.h"
#include "tools/cli/parse_errors.h"
#include "tools/common/standard_output.h"

namespace tegula {
namespace cli {
namespace {

int exit_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::kernel:
    case ErrorCode::unsupported:
    case ErrorCode::corrupt_data:
      return wrong_usage;
    case ErrorCode::environment:
    case ErrorCode::out_of_resources:
      return environment_lacks;
    case ErrorCode::device_fault:
      return check_failed;
  }
  return check_failed;
}

void complain(const char* text) { std::fprintf(stderr, "tegula: %s\n", text); }

int parse_and_run(int argc, char** argv) {
  CLI::App app("Tegula: a JIT kernel generator for NVIDIA GPUs", "tegula");
  app.require_subcommand(1);
  app.option_defaults()->disable_flag_override();  // --json, not --json=maybe
  app.set_version_flag("--version", "tegula " TEGULA_VERSION, "the version, and nothing else");
  Action action;
  add_doctor(app, action);
  add_kernels(app, action);
  add_ops(app, action);
  add_emit(app, action);
  add_run(app, action);
  add_cache(app, action);
  add_later(app, action);
  check_subcommands(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw_parse_error(app, error);
    std::ostringstream text;  // of --help, --version
    const int status = app.exit(error, text, text);
    tools::put(text.str());
    return status;
  }
  return action();
}

}  // namespace

void usage_error(std::string argument, std::string problem, std::string got, std::string wanted,
                 std::string hint) {
  throw Error(ErrorCode::invalid_argument, {.argument = std::move(argument),
                                            .problem = std::move(problem),
                                            .got = std::move(got),
                                            .wanted = std::move(wanted),
                                            .hint = std::move(hint)});
}

}  // namespace cli

int cli_main(int argc, char** argv) {
  try {
    const int status = cli::parse_and_run(argc, argv);
    tools::finish_output();
    return status;
  } catch (const Error& error) {
    cli::complain(error.what());
    return cli::exit_status_of(error.code());
  } catch (const std::bad_alloc&) {
    cli::complain("error: the machine has too little memory for this");
    return cli::environment_lacks;
  } catch (const std::exception& error) {
    cli::complain(error.what());
    return cli::check_failed;
  } catch (...) {
    cli::complain("internal error of Tegula, please report it: an unknown exception");
    return cli::check_failed;
  }
}

}  // namespace tegula
