// The conversation with the compiler's process, with shell scripts in its place.
#include "runtime/compile/compiler_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/format/compiler_call.h"
#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/expect_error.h"

namespace tegula::runtime {
namespace {

using format::Bytes;
using testing::expect_error;
using testing::TemporaryDirectory;

class CompilerProcess : public ::testing::Test {
 protected:
  /// A program that does this.
  std::string script(const std::string& text) const {
    const std::string path = directory_ / "program";
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  /// A program that reads its request and then gives this reply.
  std::string replying(const Bytes& unsigned_reply) const {
    const Bytes reply = signed_reply(unsigned_reply);
    std::ofstream(directory_ / "reply", std::ios::binary)
        .write(reinterpret_cast<const char*>(reply.data()),
               static_cast<std::streamsize>(reply.size()));
    return script("cat > " + (directory_ / "request") + "; cat " + (directory_ / "reply"));
  }
  Bytes request() const {
    std::ifstream file(directory_ / "request", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
  }
  static void expect_no_children() {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  const TemporaryDirectory directory_;
};

Bytes some_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t k = 0; k < count; ++k) bytes[k] = static_cast<std::byte>(k * 37 >> 3);
  return bytes;
}

TEST_F(CompilerProcess, GivesTheRequestAndTakesTheReply) {
  for (const std::size_t size : {1u, 1000u, 3'000'000u}) {
    const Bytes asked = some_bytes(size), answered = some_bytes(2 * size + 1);
    const std::string program = replying(format::reply([&] { return answered; }));
    EXPECT_EQ(call_process(asked, program, 60), answered);
    EXPECT_EQ(request(), asked);
  }
  expect_no_children();
}

TEST_F(CompilerProcess, ThrowsWhatTheCompilerThrew) {
  const std::string program = replying(format::reply([]() -> Bytes {
    throw Error(ErrorCode::unsupported, {.where = "mine.cpp:3", .problem = "not on this one"});
  }));
  expect_error(ErrorCode::unsupported, {"mine.cpp:3", "not on this one"},
               [&] { call_process(some_bytes(10), program, 60); });
}

TEST_F(CompilerProcess, ACrashIsAnErrorWithTheLastWords) {
  const std::string program =
      script("cat > /dev/null; echo LLVM ERROR: out of cheese >&2; kill -ABRT $$");
  expect_error(ErrorCode::environment,
               {"TEGULA_COMPILE=process", "signal 6", "LLVM ERROR: out of cheese", "others can"},
               [&] { call_process(some_bytes(10), program, 60); });
  expect_no_children();
}

TEST_F(CompilerProcess, OneThatDoesNotListenIsAnErrorAndNoSignal) {
  const std::string program = script("exec 0<&-; exit 7");
  expect_error(ErrorCode::environment, {"exit status 7"},
               [&] { call_process(some_bytes(5'000'000), program, 60); });
}

TEST_F(CompilerProcess, OfManyWordsTheLastAreKept) {
  const std::string program = script(
      "cat > /dev/null; head -c 3000000 /dev/zero | tr '\\0' x >&2; echo; echo the end >&2; exit "
      "1");
  expect_error(ErrorCode::environment, {"exit status 1", "the end"}, [&] {
    try {
      call_process(some_bytes(10), program, 60);
    } catch (const Error& error) {
      EXPECT_LT(std::string(error.what()).size(), 6000u);
      throw;
    }
  });
}

TEST_F(CompilerProcess, OneThatHangsIsKilled) {
  const std::string program = script("exec sleep 1000");
  expect_error(ErrorCode::environment, {"took too long", "0.2 s"},
               [&] { call_process(some_bytes(10), program, 0.2); });
  expect_no_children();
}

TEST_F(CompilerProcess, AReplyThatIsNoneIsRefused) {
  expect_error(ErrorCode::environment, {"no reply, saying: nothing to say"}, [&] {
    call_process(some_bytes(10), script("cat > /dev/null; echo nothing to say >&2"), 60);
  });
  expect_error(ErrorCode::corrupt_data, {"reply of the compiler"}, [&] {
    call_process(some_bytes(10), script("cat > /dev/null; printf nonsense"), 60);
  });
}

TEST_F(CompilerProcess, OneOfAnotherBuildIsRefused) {
  const std::string program = script("cat > /dev/null; printf '\\010\\000\\000\\000LLVM-1 x'");
  expect_error(ErrorCode::environment, {program.c_str(), "another build", "LLVM-1 x"},
               [&] { call_process(some_bytes(10), program, 60); });
}

TEST_F(CompilerProcess, WhatItStartedIsKilledWithIt) {
  const std::string mark = directory_ / "alive";
  expect_error(ErrorCode::environment, {"took too long"}, [&] {
    call_process(some_bytes(10), script("(sleep 1; touch " + mark + ") & exec sleep 1000"), 0.2);
  });
  sleep(2);
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(CompilerProcess, OneThatCannotBeStartedIsNamed) {
  expect_error(ErrorCode::environment, {"/no/such/program", "cannot be started"},
               [&] { call_process(some_bytes(10), "/no/such/program", 60); });
}

TEST_F(CompilerProcess, SignalsThatThisProgramBlocksOrIgnoresAreTheChildsAgain) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto handler = signal(SIGTERM, SIG_IGN);
  expect_error(ErrorCode::environment, {"signal 15"}, [&] {
    call_process(some_bytes(10), script("cat > /dev/null; kill -TERM $$; sleep 5"), 60);
  });
  signal(SIGTERM, handler);
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST(CompileMode, IsInlineUnlessSaid) {
  struct Restore {
    ~Restore() { unsetenv("TEGULA_COMPILE"); }
  } restore;
  unsetenv("TEGULA_COMPILE");
  EXPECT_FALSE(compiles_in_a_process());
  for (const auto& [value, process] :
       {std::pair("", false), {"inline", false}, {"process", true}}) {
    setenv("TEGULA_COMPILE", value, 1);
    EXPECT_EQ(compiles_in_a_process(), process) << value;
  }
  setenv("TEGULA_COMPILE", "thread", 1);
  expect_error(ErrorCode::invalid_argument, {"TEGULA_COMPILE", "thread", "inline or process"},
               [] { compiles_in_a_process(); });
}

}  // namespace
}  // namespace tegula::runtime
