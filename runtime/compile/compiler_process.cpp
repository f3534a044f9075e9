#include "runtime/compile/compiler_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <string_view>
#include <utility>

#include "runtime/cache/build_identity.h"
#include "runtime/compile/compiler_place.h"
#include "runtime/format/compiler_call.h"
#include "tegula/error.h"

namespace tegula::runtime {
namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* program_name = "tegula-compile";
constexpr double patience_seconds = 600;
/// How much of the end of what the process writes to standard error is kept.
constexpr std::size_t kept_of_errors = 4096;

[[noreturn]] void fail(const std::string& problem, const std::string& got,
                       const std::string& hint) {
  throw Error(ErrorCode::environment,
              {.where = "TEGULA_COMPILE=process", .problem = problem, .got = got, .hint = hint});
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  void close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

/// Takes `descriptor`, which may be -1.
int above_the_standard_ones(int descriptor) {
  if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
  const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(descriptor);
  return moved;
}

/// A connected pair of descriptors; the child gets the second.
struct Connection {
  Connection() : Connection(make()) {}
  Descriptor ours, childs;

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends;
    // A socket, not pipes: writing to a child that has died is then an error, not a signal.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      fail("no connection to the compiler's process can be made", std::strerror(errno),
           "close files, or use TEGULA_COMPILE=inline");
    // Away from 0, 1 and 2, which the child's ends become, for programs that have closed those.
    for (int& end : ends) end = above_the_standard_ones(end);
    return ends;
  }
  explicit Connection(std::array<int, 2> ends) : ours(ends[0]), childs(ends[1]) {}
};

/// The child, killed and waited for on every path.
class Child {
 public:
  Child(const std::string& path, int input_and_output, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int error = 0;
    for (const auto& [from, to] : {std::pair(input_and_output, STDIN_FILENO),
                                   {input_and_output, STDOUT_FILENO},
                                   {errors, STDERR_FILENO}})
      if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, from, to);
    // The child does not inherit the signal handling of the host program.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // A process group of its own, so that an assembler that it has started can be killed with it.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
    if (error == 0)
      error = posix_spawn(&pid_, path.c_str(), &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      pid_ = -1;
      if (error == ENOMEM) throw std::bad_alloc();
      fail("the compiler's process cannot be started", path + ": " + std::strerror(error),
           "install the component `compiler` of the same Tegula, or use TEGULA_COMPILE=inline");
    }
  }
  ~Child() {
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      wait();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// How it ended, in words; "" for success.
  std::string wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0)
      // Another part of the program may have reaped all children.
      if (errno != EINTR) return pid_ = -1, "";
    pid_ = -1;
    if (WIFSIGNALED(status))
      return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit status {}", WEXITSTATUS(status));
  }

 private:
  pid_t pid_ = -1;
};

/// Sends the request, then reads the reply and standard error to their ends.
class Conversation {
 public:
  Conversation(Descriptor& channel, Descriptor& errors, std::span<const std::byte> request,
               Clock::time_point deadline)
      : channel_(channel), errors_(errors), request_(request), deadline_(deadline) {
    for (const Descriptor* end : {&channel_, &errors_})
      fcntl(end->get(), F_SETFL, fcntl(end->get(), F_GETFL) | O_NONBLOCK);
    if (request_.empty()) shutdown(channel_.get(), SHUT_WR);
  }

  /// False if the time was up.
  bool run() {
    while (channel_.is_open() || errors_.is_open()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return false;
      std::array<pollfd, 2> ends = {
          {{channel_.get(), static_cast<short>(POLLIN | (request_.empty() ? 0 : POLLOUT)), 0},
           {errors_.get(), POLLIN, 0}}};
      if (poll(ends.data(), ends.size(), static_cast<int>(left)) < 0) {
        if (errno == EINTR) continue;
        fail("the compiler's process cannot be listened to", std::strerror(errno),
             "free memory, or use TEGULA_COMPILE=inline");
      }
      if ((ends[0].revents & POLLOUT) != 0) send_some();
      if ((ends[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_some(channel_, reply);
      if ((ends[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        read_some(errors_, errors);
        if (errors.size() > 2 * kept_of_errors)
          errors.erase(errors.begin(), errors.end() - kept_of_errors);
      }
    }
    return true;
  }

  std::vector<std::byte> reply, errors;

 private:
  void send_some() {
    const ssize_t sent = send(channel_.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A child that does not read will not reply either, which is reported later.
    request_ = sent < 0 ? std::span<const std::byte>() : request_.subspan(sent);
    if (request_.empty()) shutdown(channel_.get(), SHUT_WR);
  }
  static void read_some(Descriptor& end, std::vector<std::byte>& into) {
    std::array<std::byte, 65536> buffer;
    const ssize_t count = read(end.get(), buffer.data(), buffer.size());
    if (count > 0) into.insert(into.end(), buffer.begin(), buffer.begin() + count);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) end.close();
  }

  Descriptor &channel_, &errors_;
  std::span<const std::byte> request_;
  Clock::time_point deadline_;
};

std::string end_of(const std::vector<std::byte>& text) {
  const std::size_t size = std::min(text.size(), kept_of_errors);
  std::string end(reinterpret_cast<const char*>(text.data() + text.size() - size), size);
  while (!end.empty() && end.back() == '\n') end.pop_back();
  return end;
}

}  // namespace

bool compiles_in_a_process() {
  const char* value = std::getenv("TEGULA_COMPILE");
  const std::string_view mode = value != nullptr ? value : "";
  if (mode == "process") return true;
  if (mode.empty() || mode == "inline") return false;
  throw Error(ErrorCode::invalid_argument, {.argument = "TEGULA_COMPILE",
                                            .problem = "there is no such way to compile",
                                            .got = std::string(mode),
                                            .wanted = "inline or process"});
}

std::string compiler_program() {
  for (const std::string& path : candidates(program_name, TEGULA_OWN_TO_BIN))
    if (access(path.c_str(), X_OK) == 0) return path;
  return "";
}

std::vector<std::byte> signed_reply(std::span<const std::byte> reply) {
  format::Writer writer;
  writer.put(cache::build_identity());
  writer.raw(reply);
  return writer.take();
}

std::vector<std::byte> call_process(std::span<const std::byte> request) {
  const std::string path = compiler_program();
  if (path.empty())
    throw Error(ErrorCode::environment,
                {.where = "TEGULA_COMPILE=process",
                 .problem = "the program tegula-compile is not there",
                 .wanted = list_candidates(program_name, TEGULA_OWN_TO_BIN),
                 .hint = "install the component `compiler` of the same Tegula, or use "
                         "TEGULA_COMPILE=inline"});
  return call_process(request, path, patience_seconds);
}

std::vector<std::byte> call_process_instead(std::span<const std::byte> request,
                                            const std::string& why, const std::string& hint) {
  if (compiler_program().empty())
    throw Error(ErrorCode::environment,
                {.where = "compile",
                 .problem = why,
                 .wanted = "the program tegula-compile, which would do its work",
                 .hint = hint});
  try {
    return call_process(request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::environment) throw;
    ErrorDetails details = error.details();
    details.where = "compile by tegula-compile, as " + why;
    details.hint = hint;
    throw Error(error.code(), std::move(details));
  }
}

std::vector<std::byte> call_process(std::span<const std::byte> request, const std::string& path,
                                    double seconds) {
  Connection channel, errors;
  Child child(path, channel.childs.get(), errors.childs.get());
  channel.childs.close();
  errors.childs.close();
  const auto patience =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Conversation conversation(channel.ours, errors.ours, request, Clock::now() + patience);
  if (!conversation.run())
    fail("the compiler's process was killed: it took too long", fmt::format("{} s", seconds),
         "report the kernel: `tegula emit` shows where it stays");
  std::string end = child.wait();
  // How the child ended is unknown where the program reaps all children itself, or ignores them.
  if (end.empty() && conversation.reply.empty()) end = "no reply";
  if (!end.empty()) {
    const std::string said = end_of(conversation.errors);
    fail("the compiler's process failed; this kernel cannot be compiled, others can",
         said.empty() ? end : end + ", saying: " + said,
         "this is a fault of Tegula's or of LLVM's: please report it, with the files that "
         "TEGULA_DUMP=DIR writes");
  }
  format::Reader reader(conversation.reply, "reply of the compiler");
  const std::string identity = reader.get_string();
  if (identity != cache::build_identity())
    throw Error(ErrorCode::environment,
                {.where = "TEGULA_COMPILE=process",
                 .problem = path + " is of another build of Tegula",
                 .got = identity,
                 .wanted = cache::build_identity(),
                 .hint = "install the component `compiler` of the same Tegula"});
  return format::read_reply(std::span(conversation.reply).subspan(reader.position()));
}

}  // namespace tegula::runtime
