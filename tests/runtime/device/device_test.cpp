#include <dlfcn.h>

#include "tegula/device.h"

#include "tests/runtime/expect_error.h"

namespace tegula {
namespace {

using testing::expect_error;

TEST(OpenDevice, SimulatorsByName) {
  EXPECT_EQ(open_device("sim")->name(), "sim:sm_90a");
  EXPECT_EQ(open_device("sim:sm_80")->name(), "sim:sm_80");
  EXPECT_EQ(open_device("sim:sm_80")->target(), (Target{Target::Backend::sim, "sm_80"}));
  expect_error(ErrorCode::invalid_argument, {"sm_1"}, [] { open_device("sim:sm_1"); });
}

TEST(OpenDevice, CudaSaysWhatIsMissing) {
  if (void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL)) {
    dlclose(driver);
    GTEST_SKIP() << "SKIP: this machine has a CUDA driver";
  }
  expect_error(ErrorCode::environment,
               {"CUDA driver", "libcuda.so.1 cannot be opened", "No such file", "sim:sm_80"},
               [] { open_device("cuda:0"); });
}

TEST(OpenDevice, OtherNames) {
  for (const char* name : {"", "gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "Sim"})
    expect_error(ErrorCode::invalid_argument, {"device", name, "cuda:N, sim, or sim:ARCH"},
                 [&] { open_device(name); });
}

}  // namespace
}  // namespace tegula
