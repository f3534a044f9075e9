#include "tools/cli/device_choice.h"

#include <cstdio>
#include <cstdlib>

#include "tegula/error.h"

namespace tegula::cli {
namespace {

/// A message names where the user wrote the name, not the function that took it.
std::shared_ptr<Device> open_named(const std::string& name, const char* where) {
  try {
    return open_device(name);
  } catch (const Error& error) {
    ErrorDetails details = error.details();
    details.where.clear();
    details.argument = where;
    throw Error(error.code(), details);
  }
}

}  // namespace

std::shared_ptr<Device> choose_device(const std::string& option) {
  if (!option.empty()) return open_named(option, "--device");
  if (const char* variable = std::getenv("TEGULA_DEVICE"); variable != nullptr && *variable != 0)
    return open_named(variable, "TEGULA_DEVICE");
  try {
    return open_device("cuda:0");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::environment) throw;
    auto device = open_device("sim");
    std::fprintf(stderr, "tegula: no cuda:0 (%s): using the simulator, %s\n",
                 error.details().problem.c_str(), device->name().c_str());
    return device;
  }
}

}  // namespace tegula::cli
