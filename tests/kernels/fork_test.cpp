// A child that is forked while another thread compiles makes its own kernels.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "runtime/compile/compiler_process.h"
#include "tegula/compile.h"
#include "tests/kernels/harness.h"

namespace tegula::testing {
namespace {

struct Cfg {
  int bn = 64;
};
template <int factor>
void multiply(const Cfg& c, In x, Out y) {
  auto [i] = grid({cdiv(x.dim(0), c.bn)});
  require(y, {x.dim(0)});
  y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) * factor, {i});
}
const auto doubled = kernel("doubled", multiply<2>, {"x", "y"}).field("bn", &Cfg::bn);
const auto tripled = kernel("tripled", multiply<3>, {"x", "y"}).field("bn", &Cfg::bn);

/// Launches on a simulator of its own; whether the numbers are right.
template <class K>
bool launches(const K& kernel, float factor) {
  Stream stream(open_device("sim:sm_90a"));
  std::vector<float> values(100, 1.5f);
  const Tensor y = stream.empty(f32, {100});
  Tensor x = stream.empty(f32, {100});
  x.copy_from_host(values.data(), values.size() * sizeof(float));
  kernel.launch(stream, x, y);
  y.copy_to_host(values.data(), values.size() * sizeof(float));
  for (const float value : values)
    if (value != 1.5f * factor) return false;
  return true;
}

/// As LLVM does with its own locks.
std::mutex lock;
std::atomic<bool> compiling{false};
CompileFunction real = nullptr;
std::vector<std::byte> compile_under_a_lock(std::span<const std::byte> request) {
  const std::lock_guard guard(lock);
  compiling = true;
  while (compiling) ::usleep(1000);
  return real(request);
}

TEST(Forks, WhileAnotherThreadCompiles) {
  if (runtime::compiler_program().empty())
    GTEST_SKIP() << "SKIP: tegula-compile is not beside this program";
  real = set_compile_function(&compile_under_a_lock);
  bool right = false;
  std::thread parent([&] { right = launches(doubled, 2); });
  while (!compiling) ::usleep(1000);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    int status = 2;
    try {
      status = launches(tripled, 3) ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(status);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  compiling = false;
  parent.join();
  EXPECT_TRUE(right);
  set_compile_function(real);
}

}  // namespace
}  // namespace tegula::testing
