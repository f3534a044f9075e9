#include "runtime/launch/kernel_source.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/runtime/cache/temporary_directory.h"
#include "tests/runtime/device/fake_device.h"
#include "tests/runtime/expect_error.h"
#include "tests/runtime/fault/counting_compiler.h"

namespace tegula::runtime {
namespace {

using namespace tegula::testing;

TEST(KernelSource, AWrongVariableIsAnErrorWhetherOrNotTheKernelIsThere) {
  const TemporaryDirectory root, count;
  const CountingCompiler compiler(count / "runs", 0);
  cache::DiskCache disk(settings_in(root.path()));
  store_sample(disk, 1);
  FakeDevice device;
  for (const char* name : {"TEGULA_JIT", "TEGULA_COMPILE"}) {
    ::setenv(name, "sometimes", 1);
    for (const std::uint64_t number : {1, 2})
      expect_error(ErrorCode::invalid_argument, {name, "sometimes"},
                   [&] { make_ready(device, traced_sample(number), disk); });
    ::unsetenv(name);
  }
  EXPECT_EQ(make_ready(device, traced_sample(1), disk)->source, "disk");
  EXPECT_EQ(compiler.runs(), 0);
}

}  // namespace
}  // namespace tegula::runtime
