#include "tests/support/gpu_target.h"

#include <algorithm>
#include <cstdlib>

namespace tegula::testing {

std::vector<const char*> with_gpu(std::initializer_list<const char*> targets) {
  std::vector<const char*> all(targets);
  const char* device = std::getenv("TEGULA_TEST_DEVICE");
  if (device != nullptr && *device != '\0') all.push_back(device);
  return all;
}

std::string target_name(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

TestTarget::TestTarget(std::string_view name)
    : simulates(name.starts_with("sim:")), assembles(name.starts_with("ptx:")) {
  arch = name.substr(name.find(':') + 1);
  simulator = make_sim_device(simulates ? std::string_view(arch) : "sm_90a");
  device = simulator;
  if (simulates || assembles) return;
  try {
    device = open_device(name);
    arch = device->target().arch;
  } catch (const Error& error) {
    missing = std::string("SKIP: no GPU: ") + error.what();
  }
}

}  // namespace tegula::testing
