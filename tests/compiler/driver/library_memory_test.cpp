// Allocations that fail inside the compiler itself: in libtegula_compiler.so, and in
// tegula-compile.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>

#include "dsl/program/program.h"
#include "runtime/compile/compiler_process.h"
#include "runtime/format/entry.h"
#include "tegula/compile.h"
#include "tegula/dsl.h"
#include "tegula/error.h"
#include "tests/compiler/driver/failing_malloc.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bn = 64;
};
void sums(const Cfg& c, In x, Out y) {
  auto [m, n] = dims2(x);
  require(y, {m});
  auto [i] = grid({m});
  auto total = zeros(f32, {1});
  for (auto j : range(0, cdiv(n, c.bn)))
    total += sum(x.tiles({1, c.bn}).load({i, j}).to(f32), 1).squeeze().reshape({1});
  y.tiles({1}).store(total, {i});
}
const auto sums_kernel = kernel("sums", sums, {"x", "y"}).field("bn", &Cfg::bn);

std::vector<std::byte> request() {
  const std::vector<KernelArgument> arguments = {KernelArgument::example(bf16, {5, 300}),
                                                 KernelArgument::example(f32, {5})};
  const KernelBase& kernel = sums_kernel.base();
  return serialise(CompileRequest{kernel.trace_program(kernel.default_config(), arguments),
                                  {Target::Backend::sim, "sm_90a"}});
}

enum Outcome : int { reply, no_memory, error, wrong };

/// What comes of the request if its `nth` allocation fails.
Outcome ask_failing(const std::vector<std::byte>& request, long nth) {
  Outcome outcome = wrong;
  try {
    fail_allocation(nth);
    const auto bytes = call_compiler(request);
    fail_allocation(0);
    if (format::read_entry(bytes).launch.function == "sums") outcome = reply;
  } catch (const std::bad_alloc&) {
    outcome = no_memory;
  } catch (const Error& problem) {
    if (problem.code() == ErrorCode::environment) outcome = error;
  }
  fail_allocation(0);
  return outcome;
}

/// The exit status of a child that does `body`; -1 if a signal ended it.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// All allocations of a compile, of which so many are tried.
long step_for(long tries) {
  fail_allocation(std::numeric_limits<long>::max());
  static_cast<void>(call_compiler(request()));
  const long all = allocations_asked();
  fail_allocation(0);
  EXPECT_GT(all, 3000);
  return all / tries + 1;
}

class CompilerMemory : public ::testing::Test {
 protected:
  CompilerMemory() {
    ::unsetenv("TEGULA_COMPILE");
    // The library is loaded by then: its loading is not safe.
    static_cast<void>(call_compiler(asked));
  }
  ~CompilerMemory() override { ::unsetenv("TEGULA_COMPILE"); }
  const std::vector<std::byte> asked = request();
};

TEST_F(CompilerMemory, AnyAllocationInsideTheLibrary) {
  const long step = step_for(300);
  int count[4] = {};
  for (long nth = 1;; nth += step) {
    const int status = in_child([&] { return ask_failing(asked, nth); });
    ASSERT_TRUE(status == reply || status == no_memory) << "allocation " << nth << ": " << status;
    ++count[status];
    if (status == reply && nth > 3000) break;
  }
  std::printf("%d allocations, each failing once: %d without memory, %d the same for it\n",
              count[no_memory] + count[reply], count[no_memory], count[reply]);
  EXPECT_GT(count[no_memory], 200);
}

/// What was given up stays as it was: another process compiles from then on.
TEST_F(CompilerMemory, ACompileThatWasGivenUpIsTheLastInside) {
  const bool installed = !runtime::compiler_program().empty();
  for (const long nth : {500, 1500, 2500}) {
    const int status = in_child([&] {
      if (ask_failing(asked, nth) != no_memory) return 1;
      if (ask_failing(asked, 0) != (installed ? reply : error)) return 2;
      ::setenv("TEGULA_COMPILE", "inline", 1);
      return ask_failing(asked, 0) == (installed ? reply : error) ? 0 : 3;
    });
    EXPECT_EQ(status, 0) << "allocation " << nth;
  }
}

class CompilerProcessMemory : public CompilerMemory {
 protected:
  CompilerProcessMemory() { ::setenv("TEGULA_COMPILE", "process", 1); }
  ~CompilerProcessMemory() override {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("TEGULA_TEST_FAIL_AT");
  }
};

TEST_F(CompilerProcessMemory, AnyAllocationInTheProcess) {
  if (runtime::compiler_program().empty())
    GTEST_SKIP() << "SKIP: tegula-compile is not beside this program";
  ::setenv("LD_PRELOAD", TEGULA_FAILING_MALLOC, 1);
  int count[4] = {};
  for (long nth = 1;; nth += nth < 150 ? 13 : 131) {
    ::setenv("TEGULA_TEST_FAIL_AT", std::to_string(nth).c_str(), 1);
    const Outcome outcome = ask_failing(asked, 0);
    ASSERT_NE(outcome, wrong) << "allocation " << nth;
    ++count[outcome];
    if (outcome == reply && nth > 3000) break;
  }
  std::printf(
      "allocations of tegula-compile, each failing once: %d without memory, %d errors, %d "
      "the same for it\n",
      count[no_memory], count[error], count[reply]);
  EXPECT_GT(count[no_memory], 20);
}

TEST_F(CompilerProcessMemory, AnyAllocationOfTheOneThatAsks) {
  if (runtime::compiler_program().empty())
    GTEST_SKIP() << "SKIP: tegula-compile is not beside this program";
  int nth = 1;
  for (Outcome outcome = no_memory; outcome == no_memory; ++nth) {
    outcome = ask_failing(asked, nth);
    ASSERT_TRUE(outcome == no_memory || outcome == reply) << "allocation " << nth;
  }
  std::printf("%d allocations, each failing once\n", nth - 2);
  EXPECT_GT(nth, 8);
  EXPECT_EQ(ask_failing(asked, 0), reply);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

}  // namespace
}  // namespace tegula::testing
