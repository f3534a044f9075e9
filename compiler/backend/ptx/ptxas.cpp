#include "compiler/backend/ptx/ptxas.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tegula/error.h"

extern char** environ;

namespace tegula::compiler {
namespace {

namespace fs = std::filesystem;

/// A private folder that disappears with its contents.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "tegula-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr)
      throw Error(ErrorCode::environment,
                  {.where = "ptxas",
                   .problem = "no temporary folder can be made",
                   .got = name,
                   .hint = "set TMPDIR to a folder that can be written to"});
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Runs a program with its output in a file. The exit status, or -1 if it could not run.
int run(const std::vector<std::string>& command, const fs::path& output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  pid_t child = 0;
  // The first three can fail for lack of memory.
  const bool started =
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600) == 0 &&
      posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) == 0 &&
      posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  if (!started) return -1;
  int result = 0;
  while (waitpid(child, &result, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

}  // namespace

std::optional<std::string> ptxas_version(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) return std::nullopt;
  std::string log;
  try {
    const TemporaryFolder folder;
    if (run({path, "--version"}, folder / "log") != 0) return std::nullopt;
    log = read_file(folder / "log");
  } catch (const Error&) {
    return std::nullopt;  // an assembler that does not state its version cannot be used
  }
  std::smatch match;
  if (!std::regex_search(log, match, std::regex(R"(V(\d+(\.\d+)*))"))) return std::nullopt;
  return match[1].str();
}

Cubin ptxas_assemble(const std::string& path, std::string_view ptx, std::string_view arch) {
  const TemporaryFolder folder;
  const fs::path source = folder / "kernel.ptx", binary = folder / "kernel.cubin",
                 log = folder / "log";
  if (!(std::ofstream(source, std::ios::binary) << ptx << std::flush))
    throw Error(ErrorCode::environment,
                {.where = "ptxas", .problem = "the PTX cannot be written", .got = source.string()});
  const int status = run(
      {path, fmt::format("-arch={}", arch), "-O3", "-v", source.string(), "-o", binary.string()},
      log);
  Cubin cubin;
  cubin.log = read_file(log);
  if (status < 0)
    throw Error(ErrorCode::environment,
                {.where = "ptxas", .problem = "the program does not run", .got = path});
  if (status != 0)
    throw Error(
        ErrorCode::unsupported,
        {.where = "ptxas", .problem = fmt::format("exit status {}", status), .got = cubin.log});
  const std::string bytes = read_file(binary);
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  cubin.bytes.assign(data, data + bytes.size());
  return cubin;
}

}  // namespace tegula::compiler
